"""Every contract of every topic; importing this package registers them all."""

from shared.events import (
    campaigns,
    clock,
    contacts,
    indicators,
    ingest,
    insights,
    parties,
    products,
    requests,
    sales,
    tickets,
)

__all__ = [
    "campaigns",
    "clock",
    "contacts",
    "indicators",
    "ingest",
    "insights",
    "parties",
    "products",
    "requests",
    "sales",
    "tickets",
]

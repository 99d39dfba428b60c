"""Importing this package registers every handler of contacts."""

from services.contacts.handlers import (
    agreements,
    campaigns,
    contacts,
    ingest,
    insights,
    parties,
    recovery,
    sales,
    tickets,
    timers,
)

__all__ = [
    "agreements",
    "campaigns",
    "contacts",
    "ingest",
    "insights",
    "parties",
    "recovery",
    "sales",
    "tickets",
    "timers",
]

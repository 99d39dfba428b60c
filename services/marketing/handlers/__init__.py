"""Importing this package registers every handler of the service."""

from services.marketing.handlers import (
    agreements,
    contacts,
    insights,
    parties,
    products,
    recovery,
    sales,
    tickets,
    timers,
)

__all__ = ["agreements", "contacts", "insights", "parties", "products", "recovery", "sales", "tickets", "timers"]

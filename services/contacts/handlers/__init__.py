"""Importing this package registers every handler of contacts."""

from services.contacts.handlers import campaigns, contacts, ingest, insights, recovery, sales, tickets, timers

__all__ = ["campaigns", "contacts", "ingest", "insights", "recovery", "sales", "tickets", "timers"]

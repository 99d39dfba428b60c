"""Importing this package registers every handler of the service."""

from services.marketing.handlers import contacts, insights, parties, products, recovery, sales, tickets, timers

__all__ = ["contacts", "insights", "parties", "products", "recovery", "sales", "tickets", "timers"]

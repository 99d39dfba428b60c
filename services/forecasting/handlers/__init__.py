"""Importing this package registers every handler."""

from services.forecasting.handlers import campaigns, contacts, products, recovery, sales, tickets

__all__ = ["campaigns", "contacts", "products", "recovery", "sales", "tickets"]

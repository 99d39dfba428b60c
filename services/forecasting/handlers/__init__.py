"""Importing this package registers every handler."""

from services.forecasting.handlers import campaigns, contacts, products, sales, tickets

__all__ = ["campaigns", "contacts", "products", "sales", "tickets"]

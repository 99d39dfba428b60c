"""Importing this package registers every handler."""

from services.forecasting.handlers import campaigns, contacts, frauds, indicators, products, recovery, sales, tickets

__all__ = ["campaigns", "contacts", "frauds", "indicators", "products", "recovery", "sales", "tickets"]

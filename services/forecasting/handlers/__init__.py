"""Importing this package registers every handler."""

from services.forecasting.handlers import campaigns, products, sales, tickets

__all__ = ["campaigns", "products", "sales", "tickets"]

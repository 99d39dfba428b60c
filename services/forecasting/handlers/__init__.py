"""Importing this package registers every handler; the engine calls them in this order, so rows are locked in it."""

from services.forecasting.handlers import sales, products, campaigns, tickets  # isort: skip

__all__ = ["campaigns", "products", "sales", "tickets"]

"""Importing this package registers every handler of the service."""

from services.marketing.handlers import consents, messages, parties, products, sales, tickets

__all__ = ["consents", "messages", "parties", "products", "sales", "tickets"]

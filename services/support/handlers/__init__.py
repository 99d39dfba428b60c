"""Importing this package registers every handler."""

from services.support.handlers import parties, requests

__all__ = ["parties", "requests"]

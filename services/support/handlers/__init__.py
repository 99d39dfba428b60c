"""Importing this package registers every handler."""

from services.support.handlers import parties, recovery, requests

__all__ = ["parties", "recovery", "requests"]

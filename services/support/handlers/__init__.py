"""Importing this package registers every handler."""

from services.support.handlers import parties, recovery, requests, timers

__all__ = ["parties", "recovery", "requests", "timers"]

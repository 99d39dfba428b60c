"""Importing this package registers every handler."""

from services.support.handlers import insights, parties, recovery, requests, tickets, timers

__all__ = ["insights", "parties", "recovery", "requests", "tickets", "timers"]

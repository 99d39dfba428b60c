"""Importing this package registers every handler."""

from services.support.handlers import insights, parties, recovery, requests, sla, tickets, timers

__all__ = ["insights", "parties", "recovery", "requests", "sla", "tickets", "timers"]

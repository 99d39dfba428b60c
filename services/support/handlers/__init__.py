"""Importing this package registers every handler."""

from services.support.handlers import insights, parties, recovery, requests, routing, sla, tickets, timers

__all__ = ["insights", "parties", "recovery", "requests", "routing", "sla", "tickets", "timers"]

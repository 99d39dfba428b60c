"""Importing this package registers every handler."""

from services.support.handlers import (
    contacts,
    insights,
    parties,
    recovery,
    requests,
    routing,
    sla,
    stats,
    tickets,
    timers,
)

__all__ = ["contacts", "insights", "parties", "recovery", "requests", "routing", "sla", "stats", "tickets", "timers"]

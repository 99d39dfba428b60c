"""What a page shows of a ticket, and what may be done with it."""

from collections.abc import Mapping
from typing import Any

TONES = {
    "new": "bad",
    "open": "warn",
    "reopened": "bad",
    "pending": "accent",
    "resolved": "good",
    "closed": "plain",
    "merged": "plain",
    "spam": "plain",
}
QUEUE = tuple(TONES)
WAITING = ("new", "open", "reopened")


def moves_of(ticket: Mapping[str, Any]) -> list[str]:
    """The moves that are allowed, the one that agents make most often first."""
    order = ("resolved", "pending", "open", "reopened", "closed", "spam")
    return sorted(ticket["allowed"], key=lambda status: order.index(status) if status in order else len(order))


def following(ticket_id: str, waiting: list[Mapping[str, Any]]) -> str | None:
    """The next of those that wait, after this one was resolved."""
    return next((str(ticket["id"]) for ticket in waiting if ticket["id"] != ticket_id), None)

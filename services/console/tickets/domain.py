"""What a page shows of a ticket, and what may be done with it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.shell.typed import day_begins

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
_ENTRY = "entry-"


def moves_of(ticket: Mapping[str, Any]) -> list[str]:
    """The moves that are allowed, the one that agents make most often first."""
    order = ("resolved", "pending", "open", "reopened", "closed", "spam")
    return sorted(ticket["allowed"], key=lambda status: order.index(status) if status in order else len(order))


def splittable(ticket: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What may become a ticket of its own: everything that was written after the requests."""
    requests = {ticket["id"], *(each["id"] for each in ticket["merged"])}
    return [each for each in ticket["thread"] if each["id"] not in requests]


def split_of(form: Mapping[str, str]) -> dict[str, Any]:
    """As support takes it: of a box that is ticked the form has a field such as `entry-ID`."""
    chosen = [name.removeprefix(_ENTRY) for name in form if name.startswith(_ENTRY)]
    subject = form.get("subject", "").strip()
    return {"replies": chosen, **({"subject": subject} if subject else {})}


def subtask_of(form: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """As support takes it: a day lasts until its end, where the agent is. Blank fields are left out."""
    said = {name: form.get(name, "").strip() for name in ("title", "assignee")}
    said["due_at"] = day_begins(form.get("due", "").strip(), zone, timedelta(days=1))
    return {name: value for name, value in said.items() if value}


def following(ticket_id: str, waiting: list[Mapping[str, Any]]) -> str | None:
    """The next of those that wait, after this one was resolved."""
    return next((str(ticket["id"]) for ticket in waiting if ticket["id"] != ticket_id), None)

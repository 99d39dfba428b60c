"""Saved views of tickets as pages show them, and what a form says of one."""

from collections.abc import Mapping
from typing import Any

from services.console.shell.words import Words

STATUSES = ("new", "open", "reopened", "pending", "resolved", "closed", "spam")
PRIORITIES = ("urgent", "high", "normal", "low")
CHANNELS = ("email", "web", "chat", "phone", "social", "sms", "in_person", "mailing")
WHOSE = ("anybody", "mine", "unassigned", "followed")
_CHOICES = {"statuses": STATUSES, "priorities": PRIORITIES, "channels": CHANNELS}


def definition_of(form: Mapping[str, str]) -> dict[str, Any]:
    """As support takes it. Of a box that is ticked the form has a field such as `statuses-new`."""
    filters: dict[str, Any] = {
        name: [each for each in choices if f"{name}-{each}" in form] for name, choices in _CHOICES.items()
    }
    filters["queues"] = [each for each in (part.strip() for part in form.get("queues", "").split(",")) if each]
    if (whose := form.get("whose")) in WHOSE[1:]:
        filters[str(whose)] = True
    if not filters["statuses"]:
        del filters["statuses"]
    return {"name": form.get("name", "").strip(), "queue": form.get("queue", "").strip() or None, "filters": filters}


def described(fields: Mapping[str, str], words: Words) -> dict[str, str]:
    """What a form says, by what it asks for."""
    kept = definition_of(fields)
    ticked = {
        label: ", ".join(words.term(kind, each) for each in _CHOICES[name] if f"{name}-{each}" in fields)
        for label, kind, name in (
            (words.text("Status"), "status", "statuses"),
            (words.text("Priority"), "priority", "priorities"),
            (words.text("Channel"), "channel", "channels"),
        )
    }
    return {
        words.text("Name"): kept["name"],
        words.text("Who sees it"): words.term("queue", kept["queue"]) if kept["queue"] else words.text("Only I"),
        words.text("Whose tickets"): words.term("whose", fields.get("whose") or WHOSE[0]),
        **ticked,
        words.text("Queues"): ", ".join(words.term("queue", each) for each in kept["filters"]["queues"]),
    }


def fields_of(view: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of a view that is kept."""
    filters = view["filters"]
    ticked = {f"{name}-{each}": "1" for name in _CHOICES for each in filters[name]}
    whose = next((each for each in WHOSE[1:] if filters[each]), WHOSE[0])
    return {
        "name": view["name"],
        "queue": view["queue"] or "",
        "queues": ", ".join(filters["queues"]),
        "whose": whose,
        **ticked,
    }

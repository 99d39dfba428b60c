"""An event in CloudEvents' format, as a page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any
from uuid import UUID

from services.console.shell.facts import Fact, Named, facts_of
from services.console.shell.words import Words, short_type

_SHOWN_APART = ("party_id", "cause_event_id")


@dataclass(frozen=True, slots=True)
class Shown:
    """`attributes` are those of the record, for whoever looks for it on its topic; `data` is what it carries."""

    id: str
    title: str
    at: str
    party_id: str | None
    followed_up: bool
    cause: Named | None
    lines: list[Mapping[str, Any]]
    facts: list[Fact]
    attributes: list[Fact]
    data: str


def describe(event: Mapping[str, Any], words: Words) -> Shown:
    """What caused an event is what it says itself, or else the event that its record names."""
    data: Mapping[str, Any] = event["data"] or {}
    caused_by = data.get("cause_event_id") or event.get("causationid")
    lines = [line for line in data.get("lines") or () if "unit_price" in line]
    apart = (*_SHOWN_APART, "lines") if lines else _SHOWN_APART
    return Shown(
        id=event["id"],
        title=words.term("event", short_type(event["type"])),
        at=event["time"],
        party_id=data.get("party_id"),
        followed_up=short_type(event["type"]) == "sale.completed",
        cause=_event(caused_by) if caused_by and caused_by != event["id"] else None,
        lines=lines,
        facts=facts_of({name: value for name, value in data.items() if name not in apart}, words),
        attributes=[
            Fact(name, [Named(str(event[name]))])
            for name in sorted(event)
            if name not in {"data", "specversion", "time"}
        ],
        data=dumps(data, indent=1, ensure_ascii=False),
    )


def _event(id_: str) -> Named:
    """With its page where it is one of ours: an event from outside has an id of any form, and no page."""
    try:
        UUID(id_)
    except ValueError:
        return Named(id_)
    return Named(id_, f"/events/{id_}")

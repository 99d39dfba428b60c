"""What an event says, as pages show it: names and texts, with links to what it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.shell.tags import escaped
from services.console.shell.words import Words

_MOMENTS = frozenset({"due_at", "expires_at", "entered_at", "occurred_at", "recorded_at", "sold_at"})
_TERMS = {
    "channel": "channel",
    "reason": "reason",
    "stage": "stage",
    "status": "status",
    "subtask_status": "subtask",
    "previous": "status",
    "purpose": "purpose",
}
_OF_EVENTS = ("event_id", "event_ids")
_PAGES = {
    "party_id": "/parties/",
    "message_id": "/follow-ups/messages/",
    "ticket_id": "/tickets/",
    "campaign": "/campaigns/",
    "segment": "/segments/",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A text; `href` where it names what has a page."""

    text: str
    href: str | None = None

    def __html__(self) -> str:
        """Ready for a template, which asks for each of a hundred texts of a page much longer than this takes."""
        return f'<a href="{escaped(self.href)}">{escaped(self.text)}</a>' if self.href else escaped(self.text)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an event says."""

    name: str
    texts: list[Named]

    def __html__(self) -> str:
        said = ", ".join(text.__html__() for text in self.texts)
        return f"<div><dt>{escaped(self.name)}</dt><dd>{said}</dd></div>"


def facts_of(said: Mapping[str, Any], words: Words) -> list[Fact]:
    """Everything that is said, by name; what is empty is left out."""
    return [
        Fact(
            words.term("field", name),
            [Named(_text_of(name, each, words), href_of(name, each)) for each in _each(value)],
        )
        for name, value in sorted(said.items())
        if value not in (None, [], {}, "")
    ]


def href_of(name: str, value: Any) -> str | None:
    """The page of what an event names by a field."""
    if name.endswith(_OF_EVENTS):
        return f"/events/{value}"
    page = _PAGES.get(name)
    return f"{page}{value}" if page else None


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text_of(name: str, value: Any, words: Words) -> str:
    if isinstance(value, Mapping):
        return _of_mapping(value, words)
    if isinstance(value, bool):
        return words.text("yes") if value else words.text("no")
    if name in _MOMENTS:
        return words.moment(value)
    return words.term(_TERMS[name], value) if name in _TERMS else str(value)


def _of_mapping(value: Mapping[str, Any], words: Words) -> str:
    """An amount, a sold line as its quantity and product, an identity by its kind, or whatever else it is."""
    if "minor" in value:
        return words.money(value)
    if "sku" in value:
        return f"{value.get('quantity', 1)} \u00d7 {value['sku']}"
    if value.keys() == {"type", "id"}:
        return words.term("identity", value["type"])
    return ", ".join(f"{key}: {each}" for key, each in value.items() if each is not None)


_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def party_named(typed: str) -> str:
    """The id in what was typed, which may be the address of a customer's page."""
    return id_of_party(typed) or typed.strip()


def id_of_party(typed: str) -> str | None:
    """The same; None where there is no id in it."""
    found = _ID.search(typed.casefold())
    return found[0] if found else None

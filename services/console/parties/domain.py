"""What a page shows of a party, made of what contacts, marketing, support and forecasting say of it."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.shell.event_terms import EVENTS
from services.console.shell.facts import Fact, facts_of
from services.console.shell.refusals import fault_text
from services.console.shell.typed import plain_number
from services.console.shell.words import Words, short_type

# What the types of each filter of a timeline are about.
_ABOUT = {
    "sales": ("sale", "product", "deal", "quota"),
    "messages": ("message", "enrolment", "segment", "points", "tier", "cost", "campaign", "mailing"),
    "tickets": ("ticket", "sla", "csat", "request", "dispute", "interaction", "survey"),
    "consents": ("consent",),
    "outlook": ("score", "warning", "action", "fraud", "forecast", "price", "reorder", "trend"),
    "changes": ("lifecycle", "party", "identity", "duplicate", "activity", "role", "relation", "owner",
                "completeness", "agreement", "obligation", "boundary", "erasure"),
}  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    name: tuple(type_ for type_ in EVENTS if type_.partition(".")[0] in about) for name, about in _ABOUT.items()
}
"""The filters of a timeline, and the types of events that each of them shows."""
_ICONS = {"sale": "sale", "product": "sale", "message": "send", "enrolment": "send", "ticket": "chat",
          "dispute": "chat", "consent": "consent", "lifecycle": "stage", "party": "person", "identity": "person",
          "duplicate": "person", "sla": "check", "score": "chart", "warning": "away", "action": "check"}  # fmt: skip
_NAMED = {"message": "campaign", "enrolment": "campaign", "segment": "segment"}
_TONES = {
    "sale.completed": "good",
    "sale.refunded": "warn",
    "sale.cancelled": "warn",
    "message.sent": "accent",
    "message.unknown": "bad",
    "message.bounced": "warn",
    "message.complained": "bad",
    "dispute.raised": "bad",
    "sla.breached": "bad",
    "warning.raised": "bad",
    "consent.given": "good",
    "consent.withdrawn": "bad",
    "ticket.opened": "warn",
    "ticket.resolved": "good",
}
ADDRESSES = ("billing", "shipping", "home", "work")
"""What an address may be for, beside that of the party itself."""
KINDS = ("text", "number", "yes_no")
"""Of what kind the value of one of the operator's own fields is."""
_PARTS = ("postal_code", "city", "region", "country")
_OWN = "custom-"
_YES = frozenset({"yes", "ja", "true", "1"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline. `month` is set on the first line of a month."""

    event_id: str
    title: str
    detail: str
    at: str
    icon: str
    tone: str
    source: str
    facts: list[Fact] = field(default_factory=list)
    month: str | None = None


def lines_of(items: Iterable[Mapping[str, Any]], words: Words, month: str | None = None) -> list[Line]:
    """Newest first, as they came; `month` is that of the line before."""
    lines = []
    for item in items:
        here = words.month(item["occurred_at"])
        lines.append(_line(item, words, None if here == month else here))
        month = here
    return lines


def news_of(items: Iterable[Mapping[str, Any]], known: Container[str], words: Words) -> list[tuple[str, Line | None]]:
    """Newest first by event; of a line that a page shows already nothing but that it is still there."""
    return [(item["event_id"], None if item["event_id"] in known else _line(item, words, None)) for item in items]


def _line(item: Mapping[str, Any], words: Words, month: str | None) -> Line:
    type_ = short_type(item["type"])
    return Line(
        event_id=item["event_id"],
        title=words.term("event", type_),
        detail=_detail(type_, item["summary"], words),
        at=item["occurred_at"],
        icon=_ICONS.get(type_.partition(".")[0], "dot"),
        tone=_TONES.get(type_, "plain"),
        source=item["source"],
        facts=facts_of(item["summary"], words),
        month=month,
    )


def _detail(type_: str, summary: Mapping[str, Any], words: Words) -> str:
    """What tells this line from others of its kind."""
    parts = []
    if "total" in summary:
        parts.append(words.money(summary["total"]))
    named = _NAMED.get(type_.partition(".")[0], "")
    if summary.get(named):
        parts.append(summary[named])
    if "reason" in summary:
        parts.append(words.term("likeness" if type_.startswith("duplicate.") else "reason", summary["reason"]))
    if type_.startswith("lifecycle.") and summary.get("stage"):
        parts.append(words.term("stage", summary["stage"]))
    if "metric" in summary:
        parts.append(words.term("metric", summary["metric"]))
    if "status" in summary:
        parts.append(words.term("status", summary["status"]))
    if type_.startswith("consent."):
        parts.append(words.term("purpose", summary.get("purpose")))
    if summary.get("sku"):
        parts.append(summary["sku"])
    if summary.get("channel") and not type_.startswith("message."):
        parts.append(words.term("channel", summary["channel"]))
    return " · ".join(parts)


def purchases_of(totals: Iterable[Mapping[str, Any]]) -> dict[str, list[int]]:
    """What each of the last purchases came to, by currency, the oldest first; `totals` are the newest first."""
    found: dict[str, list[int]] = {}
    for total in totals:
        found.setdefault(total["currency"], []).insert(0, total["minor"])
    return found


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day is over there."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def standing_of(actions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The suggestions that wait for an answer, those that bring most first; of an earlier time those that had not
    expired when the last was made. Whether they have by now the service says, whose clock may be that of its stream.
    """
    open_ = [each for each in actions if each["state"] == "open"]
    last = max((datetime.fromisoformat(each["suggested_at"]) for each in open_), default=None)
    standing = [each for each in open_ if last and datetime.fromisoformat(each["expires_at"]) > last]
    return sorted(standing, key=lambda each: -float(each["expected"]))


@dataclass(frozen=True, slots=True)
class Related:
    """What somebody is to the customer of a page; `outward` where the customer is it to them."""

    relation_id: str
    kind: str
    outward: bool
    other: str
    name: str | None
    since: str | None
    ended_on: str | None


def related_of(ids: set[str], relations: Iterable[Mapping[str, Any]], names: Mapping[str, str | None]) -> list[Related]:
    """What holds before what has ended, from where the customer stands, who may have several ids. `names` fill gaps."""
    found = []
    for each in relations:
        outward = not ids.isdisjoint((each["from_party_id"], each["from_now"]))
        other = each["to_now" if outward else "from_now"]
        name = each.get("name") or names.get(other)
        found.append(Related(each["id"], each["kind"], outward, other, name, each["since"], each["ended_on"]))
    return sorted(found, key=lambda each: each.ended_on is not None)


def errors_of(problem: Mapping[str, Any], words: Words) -> dict[str, str]:
    """By field of the form, what a problem document says of it; `form` is what is about no single field."""
    found = {}
    for error in problem.get("errors") or ():
        parts = str(error.get("field") or "").removeprefix("body.").split(".")
        own = parts[0] in {"name", "locale", "time_zone"}
        found[parts[0] if own else "form"] = fault_text(error, words)
    if not found:
        found["form"] = str(problem.get("detail") or "")
    return found


@dataclass(frozen=True, slots=True)
class Profile:
    """What a form says of a party; blank fields are empty."""

    fields: Mapping[str, str]
    language: str = "en"

    def patch(self) -> dict[str, Any]:
        """As contacts takes it: what is left blank is emptied, what the form does not ask for stays.

        An identity that is blank is not added, and an own field that was not touched is not sent.
        """
        fields = {name: self._text(name) or None for name in ("name", "locale", "time_zone")}
        said: dict[str, Any] = {"kind": self.fields.get("kind") or None, **fields, "identities": self.identities()}
        if "birth_date" in self.fields:
            said["birth_date"] = self._text("birth_date") or None
        if "tags" in self.fields:
            said["tags"] = list(dict.fromkeys(each for part in self._text("tags").split(",") if (each := part.strip())))
        if "address-lines" in self.fields:
            said["address"] = self._address("address")
            said["addresses"] = {kind: self._address(f"address-{kind}") for kind in ADDRESSES}
        return said | ({"custom": own} if (own := self._own_fields()) else {})

    def identities(self) -> list[dict[str, str]]:
        given = {kind: self._text(kind) for kind in ("email", "phone")}
        return [{"type": kind, "value": value} for kind, value in given.items() if value]

    def _text(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def _address(self, name: str) -> dict[str, Any] | None:
        lines = [line.strip() for line in self._text(f"{name}-lines").splitlines() if line.strip()]
        parts = {part: self._text(f"{name}-{part}") or None for part in _PARTS}
        if parts["country"]:
            parts["country"] = parts["country"].upper()
        return {"lines": lines, **parts} if lines or any(parts.values()) else None

    def _own_fields(self) -> dict[str, Any]:
        names = [name.removeprefix(_OWN) for name in self.fields if name.startswith(_OWN)]
        touched = [name for name in names if self.fields[f"{_OWN}{name}"] != self.fields.get(f"was-{name}", "")]
        own = {name: self._value(self._text(f"{_OWN}{name}"), self.fields.get(f"kind-{name}")) for name in touched}
        new = self._text("new-name")
        return own | ({new: self._value(self._text("new-value"), self.fields.get("new-kind"))} if new else {})

    def _value(self, typed: str, kind: str | None) -> object:
        """What is no number is sent as it was typed."""
        if not typed or kind == "text" or kind not in KINDS:
            return typed or None
        if kind == "yes_no":
            return typed.casefold() in _YES
        plain = plain_number(typed, self.language)
        if plain is None:
            return typed
        return float(plain) if "." in plain else int(plain)


def fields_of(party: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of a party that is known."""
    plain = {name: party.get(name) or "" for name in ("kind", "name", "locale", "time_zone", "birth_date")}
    addresses = {"address": party.get("address")}
    addresses |= {f"address-{kind}": (party.get("addresses") or {}).get(kind) for kind in ADDRESSES}
    own = party.get("custom") or {}
    return {
        **plain,
        "tags": ", ".join(party.get("tags") or ()),
        **{field: text for name, address in addresses.items() for field, text in _said(name, address or {}).items()},
        **{field: text for name, value in own.items() for field, text in _own(name, value).items()},
    }


def described(fields: Mapping[str, str], words: Words) -> dict[str, str]:
    """What a form says, by what it asks for; what it only adds, such as another phone, takes nothing from anybody."""
    said = Profile(fields, words.language).patch()
    own = {name: fields[f"{_OWN}{name}"].strip() for name in own_fields_of(fields)}
    if new := fields.get("new-name", "").strip():
        own[new] = fields.get("new-value", "").strip()
    plain = {"Language": "locale", "Time zone": "time_zone", "Born": "birth_date"}
    addresses = {words.text("Address"): said.get("address")}
    addresses |= {words.term("address", kind): each for kind, each in said.get("addresses", {}).items()}
    return {
        words.text("Kind"): words.term("kind", said["kind"]) if said["kind"] else "",
        words.text("Name"): said["name"] or "",
        **{words.text(label): said.get(name) or "" for label, name in plain.items()},
        words.text("Tags"): ", ".join(said.get("tags", ())),
        **{label: address_text(each or {}) for label, each in addresses.items()},
        **own,
    }


def own_fields_of(fields: Mapping[str, str]) -> list[str]:
    """The names of the operator's own fields that stand in a form."""
    return sorted(name.removeprefix(_OWN) for name in fields if name.startswith(_OWN))


def address_text(address: Mapping[str, Any]) -> str:
    """On one line; nothing of an address that says nothing."""
    return ", ".join(
        [*address.get("lines", ()), " ".join(address[part] for part in _PARTS if address.get(part))]
    ).strip(", ")


def _said(name: str, address: Mapping[str, Any]) -> dict[str, str]:
    lines = {f"{name}-lines": "\n".join(address.get("lines") or ())}
    return lines | {f"{name}-{part}": address.get(part) or "" for part in _PARTS}


def _own(name: str, value: object) -> dict[str, str]:
    if isinstance(value, bool):
        kind, text = "yes_no", "yes" if value else "no"
    else:
        kind, text = ("text" if isinstance(value, str) else "number"), re.sub(r"\.0$", "", str(value))
    return {f"{_OWN}{name}": text, f"was-{name}": text, f"kind-{name}": kind}

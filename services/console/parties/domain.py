"""What a page shows of a party, made of what contacts, marketing, support and forecasting say of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.shell.event_terms import EVENTS
from services.console.shell.facts import Fact, facts_of, short_type
from services.console.shell.refusals import fault_text
from services.console.shell.words import Words

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


def purchases_of(sales: Iterable[Mapping[str, Any]]) -> dict[str, list[int]]:
    """What each of the last purchases came to, by currency, the oldest first."""
    found: dict[str, list[int]] = {}
    for sale in sales:
        total = sale["summary"]["total"]
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
    since: str | None
    ended_on: str | None


def related_of(ids: set[str], relations: Iterable[Mapping[str, Any]]) -> list[Related]:
    """What holds before what has ended, each from where the customer stands, who may be known by several ids."""
    found = []
    for each in relations:
        outward = not ids.isdisjoint((each["from_party_id"], each["from_now"]))
        other = each["to_now" if outward else "from_now"]
        found.append(Related(each["id"], each["kind"], outward, other, each["since"], each["ended_on"]))
    return sorted(found, key=lambda each: each.ended_on is not None)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a form says of a party; blank fields are empty."""

    fields: Mapping[str, str]

    def patch(self) -> dict[str, Any]:
        """As contacts takes it: what is left blank is emptied, an identity that is blank is not added."""
        fields = {name: self.fields.get(name, "").strip() or None for name in ("name", "locale", "time_zone")}
        return {"kind": self.fields.get("kind") or None, **fields, "identities": self.identities()}

    def identities(self) -> list[dict[str, str]]:
        given = {kind: self.fields.get(kind, "").strip() for kind in ("email", "phone")}
        return [{"type": kind, "value": value} for kind, value in given.items() if value]


def errors_of(problem: Mapping[str, Any], words: Words) -> dict[str, str]:
    """By field of the form, what a problem document says of it; `form` is what is about no single field."""
    found = {}
    for error in problem.get("errors") or ():
        parts = str(error["field"]).removeprefix("body.").split(".")
        own = parts[0] in {"name", "locale", "time_zone"}
        found[parts[0] if own else "form"] = fault_text(error, words) if own else str(error["detail"])
    if not found:
        found["form"] = str(problem.get("detail") or "")
    return found

"""A campaign as a page draws it: what begins it, and its steps with their texts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any

from services.console.shell.facts import id_of_party

_WAIT = re.compile(r"P(?:(\d+)Y)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_KINDS = ("content", "wait_for", "branch", "split", "tag", "exit")
_SECONDS = (31_536_000, 604_800, 86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Letter:
    """One text of a step, as a sample person would read it; `when` is what it asks of the sale."""

    template: str
    locale: str
    subject: str
    body: str
    when: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Way:
    """A way that a step may take: `when` says in which case, `to` is the step where it leads, None the next one."""

    when: str
    to: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """`after_s` is how long it waits, from the step before or from what began the campaign.

    `kind` is the key that only its kind has, as in a campaign's file: `content`, `wait`, `wait_for`, `branch` …
    """

    number: int
    name: str | None
    kind: str
    after_s: int
    detail: str
    channel: str | None
    letters: list[Letter]
    ways: list[Way]


def steps_of(campaign: Mapping[str, Any]) -> list[Step]:
    """In order. Texts come rendered from marketing, since only it knows what a template may do."""
    rendered = {(text["step"], text["template"], text["locale"]): text for text in campaign["texts"]}
    return [_step(number, step, rendered) for number, step in enumerate(campaign["definition"]["steps"], start=1)]


def _step(number: int, step: Mapping[str, Any], rendered: Mapping[tuple[int, str, str], Mapping[str, Any]]) -> Step:
    kind = next((key for key in _KINDS if step.get(key)), "wait")
    return Step(
        number,
        step.get("id"),
        kind,
        seconds_of(step["wait_for"]["within"] if kind == "wait_for" else step.get("wait") or ""),
        _detail(kind, step),
        step.get("channel"),
        [
            Letter(content["template"], locale, text["subject"], text["body"], conditions_of(content["when"]))
            for content in step.get("content") or ()
            for locale in content["texts"]
            if (text := rendered.get((number, content["template"], locale)))
        ],
        _ways(kind, step),
    )


def _detail(kind: str, step: Mapping[str, Any]) -> str:
    """What a step is about, as its campaign's file names it."""
    match kind:
        case "wait_for":
            return str(step["wait_for"]["event"])
        case "tag":
            added, removed = step["tag"]["add"], step["tag"]["remove"]
            return ", ".join([*(f"+ {tag}" for tag in added), *(f"\u2212 {tag}" for tag in removed)])
        case "exit":
            return str(step["exit"])
    return ""


def _ways(kind: str, step: Mapping[str, Any]) -> list[Way]:
    match kind:
        case "branch":
            return [Way(text_of(arm["when"]), arm["go"]) for arm in step["branch"]]
        case "split":
            return [Way(f"{share['percent']} %", share["go"]) for share in step["split"]]
        case "wait_for":
            return [Way(step["wait_for"]["event"], step.get("go")), Way("", step["wait_for"]["otherwise"])]
    return [Way("", step["go"])] if step.get("go") else []


@dataclass(frozen=True, slots=True)
class Leads:
    """From one step to another, both by place; whoever comes to the place behind the last step has left."""

    source: int
    target: int
    when: str


def ways_of(steps: Sequence[Step]) -> list[Leads]:
    """Every way through a campaign; a step that names none goes on to the next one."""
    places = {step.name: place for place, step in enumerate(steps) if step.name}
    end = len(steps)
    found = []
    for place, step in enumerate(steps):
        if step.kind == "exit":
            found.append(Leads(place, end, step.detail))
            continue
        for way in step.ways or [Way("", None)]:
            target = place + 1 if way.to is None else end if way.to == "end" else places.get(way.to, end)
            found.append(Leads(place, target, way.when))
    return found


def text_of(condition: Any) -> str:
    """A condition as it was written; nothing for none."""
    return (
        ""
        if condition is None
        else str(condition)
        if isinstance(condition, str)
        else dumps(condition, ensure_ascii=False)
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """How many enrolments came as far as a step, and how many of them ended there."""

    step: int
    came: int
    ended: int


def reached_of(standings: Iterable[Mapping[str, Any]]) -> list[Reached]:
    """By step: whoever stands at a later one has been at this one, unless a way led past it."""
    there: Counter[int] = Counter()
    ended: Counter[int] = Counter()
    for standing in standings:
        there[standing["step"]] += standing["enrolments"]
        if standing["reason"] is not None:
            ended[standing["step"]] += standing["enrolments"]
    came = 0
    found = []
    for step in range(max(there, default=0), 0, -1):
        came += there[step]
        found.append(Reached(step, came, ended[step]))
    return found[::-1]


def trigger_of(definition: Mapping[str, Any]) -> str:
    """The event that begins a campaign; versions of long ago name it alone."""
    trigger = definition["trigger"]
    return str(trigger if isinstance(trigger, str) else trigger["event"])


@dataclass(frozen=True, slots=True)
class Dated:
    """The date at which a campaign begins: so long after what began it, or before, at an hour of the day.

    `field` is where the event says the date; None: when it happened.
    """

    seconds: int
    before: bool
    field: str | None
    hour: str | None


def dated_of(definition: Mapping[str, Any]) -> Dated | None:
    """None where it begins with its event."""
    trigger = definition["trigger"]
    offset = None if isinstance(trigger, str) else trigger.get("offset")
    if offset is None:
        return None
    return Dated(seconds_of(offset.lstrip("-")), offset.startswith("-"), trigger.get("date"), trigger.get("at"))


def conditions_of(when: Mapping[str, Any] | None) -> list[tuple[str, list[str]]]:
    """What is asked, by name, any of whose values will do; nothing where everything matches."""
    return [
        (name, list(map(str, value)) if isinstance(value, list) else [str(value)])
        for name, value in (when or {}).items()
        if value
    ]


def seconds_of(wait: str) -> int:
    """Of an ISO 8601 duration without months, as marketing writes them: a year has 365 days."""
    found = _WAIT.fullmatch(wait)
    parts = found.groups() if found else ()
    return sum(int(part or 0) * unit for part, unit in zip(parts, _SECONDS, strict=False))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody wants to have enrolled: ids of customers, each once, and the lines that name nobody."""

    ids: list[str]
    unread: list[str]


def wanted_of(typed: str) -> Wanted:
    """One customer a line, by an id or by the address of a page that has one."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    named = [(line, id_of_party(line)) for line in lines]
    ids = [id_ for _, id_ in named if id_ is not None]
    return Wanted(list(dict.fromkeys(ids)), [line for line, id_ in named if id_ is None])


TONES = {"taken": "good", "running": "plain", "unknown": "bad", "erased": "bad", "unread": "bad"}


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one line; `party_id` where it named somebody."""

    typed: str
    party_id: str | None
    outcome: str


def came_of(wanted: Wanted, results: Iterable[Mapping[str, Any]]) -> list[Came]:
    """Lines that name nobody come first, since they are to be mended."""
    told = [Came(each["party_id"], each["party_id"], each["why"] or "taken") for each in results]
    return [*(Came(line, None, "unread") for line in wanted.unread), *told]

"""A campaign as a page draws it: what begins it, and its steps with their texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WAIT = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = (604_800, 86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Letter:
    """One text of a step, as a sample person would read it; `when` is what it asks of the sale."""

    template: str
    locale: str
    subject: str
    body: str
    when: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Step:
    """`after_s` counts from the step before, or from what began the campaign."""

    number: int
    after_s: int
    channel: str
    letters: list[Letter]


def steps_of(campaign: Mapping[str, Any]) -> list[Step]:
    """In order. Texts come rendered from marketing, since only it knows what a template may do."""
    rendered = {(text["step"], text["template"], text["locale"]): text for text in campaign["texts"]}
    return [
        Step(
            number,
            seconds_of(step["wait"]),
            step["channel"],
            [
                Letter(content["template"], locale, text["subject"], text["body"], conditions_of(content["when"]))
                for content in step["content"]
                for locale in content["texts"]
                if (text := rendered.get((number, content["template"], locale)))
            ],
        )
        for number, step in enumerate(campaign["definition"]["steps"], start=1)
    ]


def conditions_of(when: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """What is asked, by name; nothing where everything matches."""
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in (when or {}).items()
        if value
    ]


def seconds_of(wait: str) -> int:
    """Of an ISO 8601 duration without months and years."""
    found = _WAIT.fullmatch(wait)
    parts = found.groups() if found else ()
    return sum(int(part or 0) * unit for part, unit in zip(parts, _SECONDS, strict=False))

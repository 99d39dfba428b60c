"""Rules that are tried on the past, as forms say them and pages show what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.shell.typed import whole_of

FIGURES = ("priority", "queue", "agent")
"""By what tickets are counted."""
_USUAL = timedelta(days=28)


def usual_span(today: date) -> dict[str, str]:
    """The four weeks up to yesterday."""
    return {"since": (today - _USUAL).isoformat(), "until": (today - timedelta(days=1)).isoformat()}


def span_of(form: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """From the first day's beginning to the last day's end, where the reader is; what is no day is sent as typed."""
    return {
        "since": _begin(form.get("since", "").strip(), zone, timedelta()),
        "until": _begin(form.get("until", "").strip(), zone, timedelta(days=1)),
    }


def _begin(typed: str, zone: ZoneInfo, later: timedelta) -> str:
    try:
        return datetime.combine(date.fromisoformat(typed) + later, time(), zone).isoformat()
    except (ValueError, OverflowError):
        return typed


def rules_of(form: Mapping[str, str], language: str) -> dict[str, Any]:
    """What is tried: the model that is in force, another weight of a category, and one agent more."""
    rules: dict[str, Any] = {"asks_model": "asks_model" in form}
    if category := form.get("category", "").strip():
        rules["categories"] = {
            category: {"impact": whole_of(form.get("impact", ""), language), "skills": _names(form.get("needs", ""))}
        }
    if agent := form.get("agent", "").strip():
        rules["agents"] = {
            agent: {
                "skills": _names(form.get("skills", "")),
                "queues": _names(form.get("queues", "")),
                "capacity": {"email": whole_of(form.get("room", ""), language)},
            }
        }
    return rules


def _names(typed: str) -> list[str]:
    return [name for name in (part.strip() for part in typed.split(",")) if name]


@dataclass(frozen=True, slots=True)
class Figure:
    """How many tickets had something then, and how many would have it by the rules that were tried."""

    kind: str
    name: str
    before: int
    after: int


def figures_of(found: Mapping[str, Any]) -> list[Figure]:
    """Every count of either, by what it counts."""
    return [
        Figure(kind, name, before.get(name, 0), after.get(name, 0))
        for kind in FIGURES
        for before, after in [(found["before"][f"by_{kind}"], found["after"][f"by_{kind}"])]
        for name in dict.fromkeys([*before, *after])
    ]


def written_draft(definition: Mapping[str, Any]) -> Any:
    """A campaign as a file may say it: without what is empty, and without its texts."""
    return _said(definition)


def _said(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _said(each) for name, each in value.items() if name != "texts" and each not in (None, [], {})}
    return [_said(each) for each in value] if isinstance(value, list) else value


def draft_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """As marketing takes it: JSON is YAML, and each text is a file."""
    files = {
        f"{content['template']}{'.' + locale if locale else ''}.txt": f"Subject: {text['subject']}\n\n{text['body']}"
        for step in definition["steps"]
        for content in step.get("content") or ()
        for locale, text in content["texts"].items()
    }
    return {"text": json.dumps(_said(definition), ensure_ascii=False), "templates": files}

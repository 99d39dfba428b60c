"""Rules that are tried on the past, as forms say them and pages show what came of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.shell.typed import day_begins, whole_of

FIGURES = ("priority", "queue", "agent")
"""By what tickets are counted."""
PRIORITIES = ("urgent", "high", "normal", "low")
METRICS = ("first_response", "next_response", "resolution")
_STATES = ("met", "breached", "running", "paused", "cancelled")
_USUAL = timedelta(days=28)


def usual_span(today: date) -> dict[str, str]:
    """The four weeks up to yesterday."""
    return {"since": (today - _USUAL).isoformat(), "until": (today - timedelta(days=1)).isoformat()}


def span_of(form: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """From the first day's beginning to the last day's end, where the reader is; what is no day is sent as typed."""
    return {
        "since": day_begins(form.get("since", "").strip(), zone),
        "until": day_begins(form.get("until", "").strip(), zone, timedelta(days=1)),
    }


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


def typed_policy(definition: Mapping[str, Any]) -> dict[str, str]:
    """A policy as its form has it: minutes by priority and what is promised, and a share of a hundred."""
    targets = {
        f"{priority}-{metric}": str(minutes)
        for priority, promised in definition["targets"].items()
        for metric, minutes in promised.items()
        if minutes is not None
    }
    return {"calendar": definition["calendar"], "warn_at": f"{definition['warn_at'] * 100:g}", **targets}


def promises_of(form: Mapping[str, str], language: str) -> dict[str, Any]:
    """The policy that is tried; a blank promises nothing."""
    warn_at = whole_of(form.get("warn_at", ""), language)
    targets = {
        priority: {
            metric: whole_of(typed, language)
            for metric in METRICS
            if (typed := form.get(f"{priority}-{metric}", "")).strip()
        }
        for priority in PRIORITIES
    }
    policy = {
        "calendar": form.get("calendar", ""),
        "warn_at": warn_at / 100 if isinstance(warn_at, int) else warn_at,
        "targets": targets,
    }
    return {"policies": {form.get("policy", ""): policy}}


def clocks_of(found: Mapping[str, Any]) -> list["Figure"]:
    """How the clocks of either stood, by what is measured; `name` is empty for those that had been warned of."""
    either = found["before"], found["after"]
    counts = [
        Figure(metric, state, *(each["clocks"].get(metric, {}).get(state, 0) for each in either))
        for metric in METRICS
        for state in _STATES
    ]
    warned = [Figure(metric, "", *(each["warned"].get(metric, 0) for each in either)) for metric in METRICS]
    return [each for each in (*counts, *warned) if each.before or each.after]


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

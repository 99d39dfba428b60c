"""Rules of the help desk tried on tickets of the past, before they go live, over support's own HTTP side."""

import json as documents
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from shared.errors import ConfigurationError
from tools.rapport.asking import Folder, Json, app, reachable
from tools.rapport.over_http import Answer, Url, post, service_at
from tools.rapport.show import as_json, as_table, working

Since = Annotated[datetime, typer.Option(help="Tickets that were taken in from here on (UTC).")]
Until = Annotated[datetime, typer.Option(help="Tickets that were taken in before (UTC).")]
Shown = Annotated[int, typer.Option("--limit", min=0, max=1_000, help="So many tickets are shown.")]
_PATIENCE_S = 600.0
"""Thousands of tickets are gone through while it is waited."""

rules = typer.Typer(
    name="rules",
    help="Rules of the help desk, tried on tickets of the past. Nothing is changed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(rules)


@rules.command()
@reachable
def routing(
    *,
    since: Since,
    until: Until,
    categories: Annotated[
        Path | None, typer.Option(help="Categories as in RAPPORT_SUPPORT__CATEGORIES: impact and skills are tried.")
    ] = None,
    queues: Annotated[Path | None, typer.Option(help="All queues, as in RAPPORT_SUPPORT__QUEUES.")] = None,
    agents: Annotated[
        Path | None, typer.Option(help="Agents that are changed or new: skills, queues, capacity, calendar by id.")
    ] = None,
    asks_model: Annotated[
        bool, typer.Option("--asks-model", help="The model in force says anew what requests are about.")
    ] = False,
    limit: Shown = 100,
    stack: Folder = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Say to whom tickets would have been given and how soon, by other rules of triage and routing."""
    draft: Answer = {"asks_model": asks_model, "shown": limit, **_span(since, until)}
    if categories is not None:
        draft["categories"] = _by_name(categories, _listed(categories))
    if queues is not None:
        draft["queues"] = _listed(queues)
    if agents is not None:
        draft["agents"] = _mapped(agents)
    with working("Trying rules of triage and routing"):
        found = post(service_at("support", url, stack), "routing/backtest", draft, _PATIENCE_S)
    if json:
        as_json(found)
        return
    names = ("rules", "given", "waited_p50_s", "waited_p95_s", "by_priority", "by_queue", "by_agent")
    as_table(f"{found['tickets']} tickets", _sides(found, lambda side: side), names, "")
    as_table("Tickets that differ by", [found["changed"]], ("category", "priority", "queue", "agent"), "")
    shown = ("number", "category", "priority", "queue", "agent", "waited_s", "why")
    as_table("The first of them", [_fates(each) for each in found["items"]], shown, "No ticket differs.")


@rules.command()
@reachable
def promises(
    file: Annotated[Path, typer.Argument(help="Policies and calendars, as in RAPPORT_SUPPORT__PROMISES.")],
    *,
    since: Since,
    until: Until,
    limit: Shown = 100,
    stack: Folder = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Say which promises would have been kept, broken or warned of, by other policies or calendars."""
    said = _mapped(file)
    if unknown := said.keys() - {"policies", "calendars"}:
        raise ConfigurationError(f"{file}: {min(map(str, unknown))} is neither policies nor calendars")
    draft = {**said, "shown": limit, **_span(since, until)}
    with working("Trying policies and calendars"):
        found = post(service_at("support", url, stack), "slas/backtest", draft, _PATIENCE_S)
    if json:
        as_json(found)
        return
    rows = _sides(found, lambda side: {**side["clocks"], "warned": side["warned"]})
    names = ("rules", "first_response", "next_response", "resolution", "warned")
    as_table(f"{found['tickets']} tickets, {found['changed']} differ", _filled(rows, names), names, "")
    items = [{"number": each["number"], **_clocks(each)} for each in found["items"]]
    as_table("The first of them", items, ("number", "policy", "before", "after"), "No ticket differs.")


def _span(since: datetime, until: datetime) -> Answer:
    return {"since": since.replace(tzinfo=UTC).isoformat(), "until": until.replace(tzinfo=UTC).isoformat()}


def _read(file: Path) -> Any:
    """What a YAML file says, as JSON has it. Raises ConfigurationError."""
    try:
        said = yaml.safe_load(file.read_text("utf-8"))
        return documents.loads(documents.dumps(said, default=_day, allow_nan=False))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is no UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark is not None else ""
        raise ConfigurationError(f"{file}{place} is no YAML: {getattr(error, 'problem', None) or 'odd'}") from None
    except (TypeError, ValueError, RecursionError):
        raise ConfigurationError(f"{file} says what no rule can say") from None


def _day(value: object) -> str:
    """YAML reads a day or a time without quotes as one."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _mapped(file: Path) -> Answer:
    said = _read(file)
    if not isinstance(said, dict):
        raise ConfigurationError(f"{file}: it says what each is by its name")
    return said


def _listed(file: Path) -> list[Any]:
    said = _read(file)
    if not isinstance(said, list):
        raise ConfigurationError(f"{file}: it is a list")
    return said


def _by_name(file: Path, listed: list[Any]) -> Answer:
    """What a category weighs and needs; its examples are left out, since what requests say stays with the model."""
    found: Answer = {}
    for place, each in enumerate(listed, 1):
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise ConfigurationError(f"{file}: category {place} has no name")
        found[each["name"]] = {name: each[name] for name in ("impact", "skills") if name in each}
    return found


def _sides(found: Answer, shown: Callable[[Answer], Answer]) -> list[Answer]:
    return [{"rules": name, **shown(found[side])} for side, name in (("before", "as it was"), ("after", "as tried"))]


def _filled(rows: list[Answer], names: tuple[str, ...]) -> list[Answer]:
    return [{name: row.get(name) for name in names} for row in rows]


def _fates(item: Answer) -> Answer:
    """What differs as `before → after`; why it would go to another agent."""
    before, after = item["before"], item["after"]
    names = ("category", "priority", "queue", "agent", "waited_s")
    found = {name: _change(before[name], after[name]) for name in names}
    return {"number": item["number"], **found, "why": "; ".join(item["why"])}


def _change(before: object, after: object) -> str:
    one, other = ("none" if each is None else str(each) for each in (before, after))
    return one if one == other else f"{one} → {other}"


def _clocks(item: Answer) -> Answer:
    said = {
        side: ", ".join(f"{clock['metric']} {clock['cycle']} {clock['state']}" for clock in item[side]["clocks"])
        for side in ("before", "after")
    }
    return {"policy": item["before"]["policy"], **said}

"""A campaign's steps as a graph, and what is wrong with a definition as a whole."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, get_args

from services.marketing.catalogue.domain.condition import FAMILIES, PartyVariable, Path, fits, named_in
from services.marketing.catalogue.domain.content_type import complaints_of_type
from services.marketing.catalogue.domain.definition import SALE, Definition, Trigger
from services.marketing.catalogue.domain.occurrences import OCCURRENCES, PRODUCTS, type_at, words_of
from services.marketing.catalogue.domain.steps import (
    END,
    Branch,
    Exit,
    Heard,
    Pause,
    Send,
    Split,
    Step,
    WaitFor,
)
from shared.events.values import Instant

Complaint = tuple[Path, str]
_TRIGGER, _PARTY = "trigger.", "party."


def targets(step: Step) -> Iterator[tuple[Path, str | None]]:
    """Where a step may lead, and which of its fields says so; None: to the next one."""
    match step:
        case Exit():
            return
        case WaitFor(wait_for=awaited):
            yield ("wait_for", "otherwise"), awaited.otherwise
        case Branch(branch=arms):
            yield from ((("branch", place, "go"), arm.go) for place, arm in enumerate(arms))
        case Split(split=shares):
            yield from ((("split", place, "go"), each.go) for place, each in enumerate(shares) if not each.holdout)
    if not (isinstance(step, Branch) and any(arm.when is None for arm in step.branch)):
        yield ("go",), step.go


def complaints(definition: Definition) -> list[Complaint]:
    """What a file may not say though each of its fields is right, with the place of each."""
    found = [*complaints_of_type(definition), *_of_names(definition), *_of_the_graph(definition)]
    found += _of_products(definition)
    return found + list(_of_a_follow_up(definition)) if definition.follow_up else found


def place_of(definition: Definition, target: str | None, after: int) -> int:
    """The number of the step that `target` means, counted from 1; one beyond the last: the end."""
    if target is None:
        return after + 1
    numbers = {step.id: number for number, step in enumerate(definition.steps, start=1) if step.id}
    return numbers.get(target, len(definition.steps) + 1)


def _of_names(definition: Definition) -> Iterator[Complaint]:
    trigger = OCCURRENCES[definition.trigger.event]
    yield from _of_heard(definition.trigger, trigger, ("trigger",))
    yield from _of_dates(definition.trigger, trigger)
    if definition.goal:
        yield from _of_heard(definition.goal, trigger, ("goal",))
    for place, heard in enumerate(definition.exit_on):
        yield from _of_heard(heard, trigger, ("exit_on", place))
    yield from _of_condition(definition.filter, trigger, ("filter",))
    if definition.entry and definition.entry.key and type_at(trigger, definition.entry.key) is None:
        yield ("entry", "key"), f"{definition.trigger.event} has no field {definition.entry.key}"
    for place, step in enumerate(definition.steps):
        match step:
            case WaitFor(wait_for=awaited):
                yield from _of_heard(awaited, trigger, ("steps", place, "wait_for"))
            case Branch(branch=arms):
                for number, arm in enumerate(arms):
                    yield from _of_condition(arm.when, trigger, ("steps", place, "branch", number, "when"))


def _of_heard(heard: Heard, trigger: type[Any], path: Path) -> Iterator[Complaint]:
    model = OCCURRENCES[heard.event]
    for place, name, given in named_in(heard.where):
        yield from _of_field(model, heard.event, name, given, (*path, "where", *place))
    for field, other in (heard.match or {}).items():
        if type_at(model, field) is None:
            yield (*path, "match", field), f"{heard.event} has no field {field}"
        if type_at(trigger, other) is None:
            yield (*path, "match", field), f"the trigger has no field {other}"


def _of_dates(trigger: Trigger, model: type[Any]) -> Iterator[Complaint]:
    if trigger.date is not None and type_at(model, trigger.date) is not Instant:
        yield ("trigger", "date"), f"{trigger.event} has no time at {trigger.date}"
    for place, moving in enumerate(trigger.moved_by):
        path, field = ("trigger", "moved_by", place), moving.date or trigger.date
        yield from _of_heard(moving, model, path)
        if field is not None and type_at(OCCURRENCES[moving.event], field) is not Instant:
            yield (*path, "date") if moving.date else path, f"{moving.event} has no time at {field}"


def _of_condition(condition: Mapping[str, Any] | None, trigger: type[Any], path: Path) -> Iterator[Complaint]:
    for place, name, given in named_in(condition):
        here = (*path, *place)
        if name.startswith(_TRIGGER):
            yield from _of_field(trigger, "the trigger", name.removeprefix(_TRIGGER), given, here)
        elif not name.startswith(_PARTY):
            yield here, f"knows no {name}: it may ask for trigger.… and party.…"
        elif not is_party_variable(name.removeprefix(_PARTY)):
            known = ", ".join([*get_args(PartyVariable), *(f"{family}.…" for family in FAMILIES)])
            yield here, f"knows no {name}; of a party it may ask for {known}"


def is_party_variable(name: str) -> bool:
    family, _, member = name.partition(".")
    return family in FAMILIES if member else name in get_args(PartyVariable)


def _of_field(model: type[Any], called: str, name: str, given: object, path: Path) -> Iterator[Complaint]:
    type_ = type_at(model, name)
    if type_ is None:
        yield path, f"{called} has no field {name}"
    elif words_of(type_) and not fits(given, words_of(type_)):
        yield path, f"{name} is one of {', '.join(words_of(type_))}"


def _of_products(definition: Definition) -> Iterator[Complaint]:
    trigger, when = OCCURRENCES[definition.trigger.event], definition.when
    if when is None:
        return
    if (when.skus or when.departments or when.categories) and PRODUCTS[trigger] is None:
        yield ("when",), f"{definition.trigger.event} names no products"
    if when.channels and type_at(trigger, "channel") is None:
        yield ("when", "channels"), f"{definition.trigger.event} has no channel"


def _of_the_graph(definition: Definition) -> Iterator[Complaint]:
    steps, ids = definition.steps, [step.id for step in definition.steps if step.id]
    for place, step in enumerate(steps):
        if step.id and (ids.count(step.id) > 1 or step.id == END):
            yield ("steps", place, "id"), f"{step.id} is the name of another step, or of the end"
        for path, target in targets(step):
            if target is not None and target != END and target not in ids:
                yield ("steps", place, *path), f"no step is called {target}"
    edges = {
        number: {place_of(definition, target, number) for _, target in targets(step)}
        for number, step in enumerate(steps, start=1)
    }
    for number in sorted(edges.keys() - _reachable(edges, 1)):
        yield ("steps", number - 1), "no step leads here"
    instant = {number: after for number, after in edges.items() if not _takes_time(steps[number - 1])}
    for number in sorted(n for n, after in instant.items() if any(n in _reachable(instant, each) for each in after)):
        yield ("steps", number - 1), "leads back to itself without a wait"
    loops = any(number in _reachable(edges, each) for number, after in edges.items() for each in after)
    restarts = any(isinstance(step, WaitFor) and step.wait_for.restart for step in steps)
    if (loops or restarts) and definition.lasts is None:
        yield ("steps",), "steps that may be taken more than once need `lasts`, the longest from the trigger on"


def _reachable(edges: Mapping[int, set[int]], first: int) -> set[int]:
    found: set[int] = set()
    open_ = {first}
    while open_:
        number = open_.pop()
        found.add(number)
        open_ |= edges.get(number, set()) - found
    return found


def _takes_time(step: Step) -> bool:
    return isinstance(step, Pause | WaitFor) or (isinstance(step, Send) and step.wait > timedelta(0))


def _of_a_follow_up(definition: Definition) -> Iterator[Complaint]:
    if definition.trigger.event != SALE or definition.trigger.where or definition.trigger.offset is not None:
        yield ("trigger",), "a follow-up is triggered by every sale.completed; `when` says by which"
    if definition.filter or definition.entry:
        yield ("filter" if definition.filter else "entry",), "a follow-up takes every sale that its `when` fits"
    if not isinstance(definition.steps[0], Send):
        yield ("steps", 0), "a follow-up begins with its message; `holdout` keeps parties from it"

"""The state of one enrolment, and how an event or the passing of time moves it: the same whenever it is handled."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.catalogue.domain.campaign import share_of
from services.marketing.catalogue.domain.condition import holds
from services.marketing.catalogue.domain.dates import date_of, is_past, said_at
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.flow import place_of
from services.marketing.catalogue.domain.occurrences import Occurrence, Values, values_at
from services.marketing.catalogue.domain.steps import Branch, Exit, Heard, Pause, Send, Split, Step, Tags, WaitFor
from services.marketing.profiles.domain import PartyFacts, resolving

COMPLETED, GOAL, EXITED, EXPIRED, HOLDOUT = "completed", "goal", "exited", "expired", "holdout"


@dataclass(frozen=True, slots=True)
class Flow:
    """Where an enrolment stands: at `step` since `since`, until `wakes_at` if nothing else happens.

    `trigger` has the fields of the trigger that the definition asks for; of a party and `key` one runs at a time.
    `visits` counts the steps taken. `ended_at` with `reason` once it is over. Before its first step it may wait for a
    date, `dated_at`, which the times of all steps count from.
    """

    id: UUID
    trigger_event_id: str
    campaign: str
    version: int
    party_id: UUID
    partition: int
    key: str
    trigger: Mapping[str, Values]
    triggered_at: datetime
    correlation_id: str
    traceparent: str | None
    step: int
    visits: int
    since: datetime
    wakes_at: datetime | None
    ended_at: datetime | None = None
    reason: str | None = None
    ended_by: str | None = None
    dated_at: datetime | None = None

    @property
    def counted_from(self) -> datetime:
        return self.dated_at or self.triggered_at


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """A message of a step that was entered as the `visit`-th."""

    step: int
    visit: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the party. `again`: it is what would trigger this campaign for this party and key."""

    event_id: str
    name: str
    at: datetime
    data: Occurrence
    again: bool = False


@dataclass(slots=True)
class Moved:
    """What came of it, besides the new state. `dropped`: the message that was planned, and is not wanted any more."""

    flow: Flow
    planned: list[PlannedSend] = field(default_factory=list)
    dropped: PlannedSend | None = None
    tags: dict[str, bool] = field(default_factory=dict)

    def tags_over(self, before: frozenset[str]) -> frozenset[str]:
        added = {tag for tag, stays in self.tags.items() if stays}
        return (before | added) - (self.tags.keys() - added)


def start(flow: Flow, definition: Definition, facts: PartyFacts) -> Moved:
    """From before the first step on. `flow.step` is 0."""
    moved = Moved(flow)
    _enter(moved, definition, facts, 1, flow.since)
    return moved


def begin(flow: Flow, definition: Definition, facts: PartyFacts, began: Happened) -> Moved | None:
    """Takes the first step, or stands before it until the date that its trigger leads to; None where that says none.

    A date that was past when the trigger was recorded is taken at once, unless it was so by more than is let pass; all
    times count from it then too, or from the trigger where that came after it.
    """
    trigger, recorded_at = definition.trigger, began.data.recorded_at
    if trigger.offset is None:
        return start(flow, definition, facts)
    at = date_of(trigger, said_at(began.data, trigger.date, began.at), began.at, facts.zone)
    if at is None:
        return None
    if is_past(trigger, at, recorded_at):
        return expire(flow)
    at = max(at, flow.since)
    if at > recorded_at:
        return Moved(replace(flow, wakes_at=at, dated_at=at))
    return start(replace(flow, since=at, dated_at=at), definition, facts)


def hold_out(flow: Flow) -> Moved:
    """Enrolled, and never written to."""
    return Moved(_ended(flow, flow.since, HOLDOUT, None))


def expire(flow: Flow) -> Moved:
    """Enrolled by a trigger that was reported too late, and left at once."""
    return Moved(_ended(flow, flow.since, EXPIRED, flow.trigger_event_id))


def wake(moved: Moved, definition: Definition, facts: PartyFacts, until: datetime, *, included: bool) -> None:
    """Everything that time alone does up to `until`: a wait that ends then is over only where it is `included`."""
    while (at := moved.flow.wakes_at) is not None and (at < until or (included and at == until)):
        if moved.flow.step == 0:
            _enter(moved, definition, facts, 1, at)
            continue
        step = definition.steps[moved.flow.step - 1]
        target = step.wait_for.otherwise if isinstance(step, WaitFor) else step.go
        _enter(moved, definition, facts, place_of(definition, target, moved.flow.step), at)


def hear(moved: Moved, definition: Definition, facts: PartyFacts, happened: Happened) -> None:
    """What had to happen before it happens first; then it may end the enrolment, or be what a step waits for."""
    wake(moved, definition, facts, happened.at, included=False)
    flow = moved.flow
    if flow.ended_at is not None or happened.event_id == flow.trigger_event_id:
        return
    if definition.goal and is_heard(definition.goal, happened, flow.trigger):
        _end(moved, definition, GOAL, happened)
        return
    if any(is_heard(each, happened, flow.trigger) for each in definition.exit_on):
        _end(moved, definition, EXITED, happened)
        return
    if flow.step == 0:
        _move_date(moved, definition, facts, happened)
        return
    step = definition.steps[flow.step - 1]
    if not isinstance(step, WaitFor):
        return
    at = max(happened.at, flow.since)
    if is_heard(step.wait_for, happened, flow.trigger):
        _enter(moved, definition, facts, place_of(definition, step.go, flow.step), at)
    elif step.wait_for.restart and happened.again:
        moved.flow = replace(flow, wakes_at=_at_most(at + step.wait_for.within, flow, definition))


def _move_date(moved: Moved, definition: Definition, facts: PartyFacts, happened: Happened) -> None:
    """To what an event makes of the date that is waited for; one that leaves none, or one too long past, ends it."""
    flow, trigger = moved.flow, definition.trigger
    moving = next((each for each in trigger.moved_by if is_heard(each, happened, flow.trigger)), None)
    if moving is None:
        return
    said = said_at(happened.data, moving.date or trigger.date, happened.at)
    at = date_of(trigger, said, flow.triggered_at, facts.zone)
    if at is None or is_past(trigger, at, happened.data.recorded_at):
        _end(moved, definition, EXITED, happened)
        return
    at = max(at, happened.at)
    moved.flow = replace(flow, wakes_at=at, dated_at=at)


def is_heard(heard: Heard, happened: Happened, trigger: Mapping[str, Values]) -> bool:
    """Whether it is this event, says what it must, and has in common with the trigger what it must."""
    data = happened.data
    return (
        heard.event == happened.name
        and holds(heard.where, lambda path: values_at(data, path))
        and all(
            not set(values_at(data, field)).isdisjoint(trigger.get(other, ()))
            for field, other in (heard.match or {}).items()
        )
    )


def _enter(moved: Moved, definition: Definition, facts: PartyFacts, number: int, at: datetime) -> None:
    """Takes steps from this one on until one of them takes time, or the enrolment is over."""
    while number <= len(definition.steps):
        flow = moved.flow = replace(moved.flow, step=number, visits=moved.flow.visits + 1, since=at, wakes_at=None)
        step = definition.steps[number - 1]
        match step:
            case Send():
                _plan(moved, definition, step, at)
                return
            case Pause() | WaitFor():
                lasting = step.wait if isinstance(step, Pause) else step.wait_for.within
                moved.flow = replace(flow, wakes_at=_at_most(at + lasting, flow, definition))
                return
            case Exit():
                moved.flow = _ended(flow, at, step.exit, None)
                return
            case Split():
                share = share_of(flow.party_id, definition.name, number, step.split)
                if share is not None and share.holdout:
                    moved.flow = _ended(flow, at, HOLDOUT, None)
                    return
                number = place_of(definition, share.go if share and share.go else step.go, number)
            case _:
                number = _step_through(moved, definition, facts, step, number, at)
        if definition.lasts is not None and at >= flow.counted_from + definition.lasts:
            number = len(definition.steps) + 1
    over = definition.lasts is not None and at >= moved.flow.counted_from + definition.lasts
    moved.flow = _ended(moved.flow, at, EXPIRED if over else COMPLETED, None)


def _step_through(
    moved: Moved, definition: Definition, facts: PartyFacts, step: Step, number: int, at: datetime
) -> int:
    """The step that follows a branch or a tag."""
    if isinstance(step, Branch):
        known = resolving(moved.flow.trigger, replace(facts, tags=moved.tags_over(facts.tags)), at)
        arm = next((each for each in step.branch if holds(each.when, known)), None)
        return place_of(definition, arm.go if arm else step.go, number)
    if isinstance(step, Tags):
        moved.tags.update(dict.fromkeys(step.tag.add, True) | dict.fromkeys(step.tag.remove, False))
    return place_of(definition, step.go, number)


def _plan(moved: Moved, definition: Definition, step: Send, at: datetime) -> None:
    flow, due_at = moved.flow, at + step.wait
    if due_at > flow.counted_from + definition.longest_wait:
        moved.flow = _ended(flow, at, EXPIRED, None)
        return
    moved.planned.append(PlannedSend(flow.step, flow.visits, due_at))
    moved.flow = replace(flow, wakes_at=due_at)


def _at_most(at: datetime, flow: Flow, definition: Definition) -> datetime:
    return min(at, max(flow.counted_from + definition.longest_wait, flow.since))


def _end(moved: Moved, definition: Definition, reason: str, happened: Happened) -> None:
    flow = moved.flow
    if flow.step and isinstance(definition.steps[flow.step - 1], Send) and flow.wakes_at is not None:
        moved.dropped = PlannedSend(flow.step, flow.visits, flow.wakes_at)
    moved.flow = _ended(flow, max(happened.at, flow.since), reason, happened.event_id)


def _ended(flow: Flow, at: datetime, reason: str, by: str | None) -> Flow:
    return replace(flow, wakes_at=None, ended_at=at, reason=reason, ended_by=by)

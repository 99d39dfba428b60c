"""The clocks of a ticket as a pure function of what happened to it, of a policy and of a calendar."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.support.sla.domain.calendar import Calendar, Span, add_working, working_between
from shared.events.tickets import SlaMetric

Priority = Literal["low", "normal", "high", "urgent"]
Kind = Literal["customer", "agent", "paused", "running", "resolved", "reopened", "ended"]
_FOREVER = timedelta(days=36_500)


class Targets(BaseModel):
    """Minutes of working time; a metric without a number promises nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_response: int | None = Field(default=None, gt=0, le=1_000_000)
    next_response: int | None = Field(default=None, gt=0, le=1_000_000)
    resolution: int | None = Field(default=None, gt=0, le=1_000_000)


class Policy(BaseModel):
    """What is promised by priority, in the working time of a calendar; a warning goes out at `warn_at` of the time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendar: str
    warn_at: float = Field(default=0.8, gt=0, lt=1)
    targets: dict[Priority, Targets]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that moves clocks: who wrote, or what became of the status."""

    at: datetime
    kind: Kind


@dataclass(frozen=True, slots=True)
class Clock:
    """`due_at` and `warn_at` are None while the clock is paused, and where it never comes to it.

    The promise is broken at `due_at` unless the clock ended by then.
    """

    metric: SlaMetric
    cycle: int
    started_at: datetime
    ended_at: datetime | None
    cancelled: bool
    warn_at: datetime | None
    due_at: datetime | None

    @property
    def met(self) -> bool:
        return (
            not self.cancelled and self.ended_at is not None and (self.due_at is None or self.ended_at <= self.due_at)
        )

    def breached(self, now: datetime) -> bool:
        """Whether the promise is broken by `now`."""
        if self.due_at is None:
            return False
        return self.due_at <= now if self.ended_at is None else self.due_at < self.ended_at

    def warned(self, now: datetime) -> bool:
        return self.warn_at is not None and self.warn_at <= (self.ended_at or now)


def fold(
    opened_at: datetime, happened: Iterable[Happened], priority: Priority, policy: Policy, calendar: Calendar
) -> list[Clock]:
    """The clocks of a ticket, in the order in which they began. What happened comes in the order of time."""
    targets = policy.targets.get(priority, Targets())
    events = list(happened)
    pauses = list(_pauses(events))
    minutes: Mapping[SlaMetric, int | None] = {
        "first_response": targets.first_response,
        "next_response": targets.next_response,
        "resolution": targets.resolution,
    }
    return [
        _clock(metric, cycle, span, cancelled, timedelta(minutes=target), policy.warn_at, pauses, calendar)
        for metric, cycle, span, cancelled in _runs(opened_at, events)
        if (target := minutes[metric]) is not None
    ]


Run = tuple[SlaMetric, int, tuple[datetime, datetime | None], bool]


def _runs(opened_at: datetime, events: Sequence[Happened]) -> Iterator[Run]:
    """When each clock began and ended, and whether it was called off."""
    stop = next((event.at for event in events if event.kind == "ended"), None)
    answers = [event.at for event in events if event.kind == "agent"]
    resolved = _resolved(events)
    first = min((at for at in (*answers[:1], resolved) if at is not None), default=None)
    yield _run("first_response", 1, opened_at, first, stop)
    yield _run("resolution", 1, opened_at, resolved, stop)
    waiting: datetime | None = None
    cycle = 0
    for event in events:
        if event.kind == "customer" and waiting is None and answers and event.at > answers[0]:
            waiting, cycle = event.at, cycle + 1
        elif event.kind in {"agent", "resolved"} and waiting is not None:
            yield _run("next_response", cycle, waiting, event.at, stop)
            waiting = None
    if waiting is not None:
        yield _run("next_response", cycle, waiting, None, stop)


def _run(metric: SlaMetric, cycle: int, begin: datetime, end: datetime | None, stop: datetime | None) -> Run:
    called_off = stop is not None and (end is None or stop < end)
    return metric, cycle, (begin, stop if called_off else end), called_off


def _resolved(events: Sequence[Happened]) -> datetime | None:
    """When it was resolved for good so far."""
    at: datetime | None = None
    for event in events:
        if event.kind == "resolved":
            at = event.at
        elif event.kind == "reopened":
            at = None
    return at


def _pauses(events: Iterable[Happened]) -> Iterator[tuple[datetime, datetime | None]]:
    """While a ticket waits for its customer or a time, or counts as resolved, no clock runs."""
    since: datetime | None = None
    for event in events:
        if event.kind in {"paused", "resolved"} and since is None:
            since = event.at
        elif event.kind in {"running", "reopened"} and since is not None:
            yield since, event.at
            since = None
    if since is not None:
        yield since, None


def _clock(
    metric: SlaMetric,
    cycle: int,
    span: tuple[datetime, datetime | None],
    cancelled: bool,  # noqa: FBT001  one of a run's four parts
    target: timedelta,
    warn_at: float,
    pauses: Sequence[tuple[datetime, datetime | None]],
    calendar: Calendar,
) -> Clock:
    begin, end = span
    running = list(_running(begin, pauses))
    return Clock(
        metric,
        cycle,
        begin,
        end,
        cancelled,
        _reach(running, target * warn_at, calendar),
        _reach(running, target, calendar),
    )


def _running(begin: datetime, pauses: Sequence[tuple[datetime, datetime | None]]) -> Iterator[Span]:
    """The spans since `begin` that no pause covers; the last may have no end that anybody lives to see."""
    since = begin
    for low, high in pauses:
        if high is not None and high <= since:
            continue
        if low > since:
            yield since, low
        if high is None:
            return
        since = max(since, high)
    yield since, since + _FOREVER


def _reach(running: Iterable[Span], amount: timedelta, calendar: Calendar) -> datetime | None:
    """When so much working time has passed, None where the clock stands still before."""
    left = amount
    for since, until in running:
        if until - since >= _FOREVER:
            return add_working(calendar, since, left)
        worked = working_between(calendar, since, until)
        if left <= worked:
            return add_working(calendar, since, left)
        left -= worked
    return None

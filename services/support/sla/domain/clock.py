"""The clocks of a ticket as a pure function of what happened to it, of a policy and of a calendar."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.support.sla.domain.calendar import Calendar, Span, add_working, working_between
from shared.events.tickets import Priority, SlaMetric

Kind = Literal["customer", "agent", "paused", "running", "resolved", "reopened", "ended"]
ClockState = Literal["running", "paused", "met", "breached", "cancelled"]
Pause = tuple[datetime, datetime | None]
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

    Its time is half open: the promise is kept by what comes before `due_at`, and broken at that moment.
    """

    metric: SlaMetric
    cycle: int
    target: timedelta
    started_at: datetime
    ended_at: datetime | None
    cancelled: bool
    warn_at: datetime | None
    due_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it runs towards a moment at which something is to be told."""
        return self.ended_at is None and self.due_at is not None

    @property
    def met(self) -> bool:
        return not self.cancelled and self.ended_at is not None and not self.breached(self.ended_at)

    def breached(self, now: datetime) -> bool:
        """Whether the promise is broken by `now`."""
        return self.due_at is not None and self.due_at <= (self.ended_at or now)

    def state(self, now: datetime) -> ClockState:
        if self.breached(now):
            return "breached"
        if self.ended_at is not None:
            return "cancelled" if self.cancelled else "met"
        return "paused" if self.due_at is None else "running"

    def warned(self, now: datetime) -> bool:
        return self.warn_at is not None and self.warn_at <= (self.ended_at or now)


def fold(
    opened_at: datetime, happened: Iterable[Happened], priority: Priority, policy: Policy, calendar: Calendar
) -> list[Clock]:
    """The clocks of a ticket, in the order in which they began. What happened comes in the order of time."""
    targets = policy.targets.get(priority, Targets())
    events = list(happened)
    pauses, called_off = list(_pauses(events)), _called_off(events)
    minutes: Mapping[SlaMetric, int | None] = {
        "first_response": targets.first_response,
        "next_response": targets.next_response,
        "resolution": targets.resolution,
    }
    found = [
        _clock(run, timedelta(minutes=target), policy, calendar, pauses, called_off)
        for run in (*_responses(opened_at, events), *_resolutions(opened_at, events))
        if (target := minutes[run[0]]) is not None
    ]
    return sorted(found, key=lambda clock: (clock.started_at, clock.metric, clock.cycle))


def slack(clocks: Iterable[Clock], calendar: Calendar, now: datetime) -> float | None:
    """The share that is left of the time of the open clock that is due first; None where none is open."""
    first = min((clock for clock in clocks if clock.is_open), key=lambda clock: clock.due_at or now, default=None)
    if first is None or first.due_at is None:
        return None
    return working_between(calendar, now, first.due_at) / first.target


Run = tuple[SlaMetric, int, datetime, datetime | None]
"""A metric and its cycle, and when it began and ended."""


def _responses(opened_at: datetime, events: Sequence[Happened]) -> Iterator[Run]:
    """The first response, and one for each message that came after an answer and waits for the next."""
    cycle, answered = 0, False
    waiting: datetime | None = opened_at
    for event in events:
        if event.kind in {"agent", "resolved"}:
            if waiting is not None:
                yield "next_response" if answered else "first_response", max(cycle, 1), waiting, event.at
            waiting, answered = None, True
        elif event.kind == "customer" and waiting is None:
            waiting, cycle = event.at, cycle + 1
    if waiting is not None:
        yield "next_response" if answered else "first_response", max(cycle, 1), waiting, None


def _resolutions(opened_at: datetime, events: Sequence[Happened]) -> Iterator[Run]:
    """What is to be resolved again, after it was reopened, is a further cycle with the same begin."""
    cycle, is_open = 1, True
    for event in events:
        if event.kind == "resolved" and is_open:
            yield "resolution", cycle, opened_at, event.at
            is_open = False
        elif event.kind in {"running", "reopened"} and not is_open:
            cycle, is_open = cycle + 1, True
    if is_open:
        yield "resolution", cycle, opened_at, None


def _called_off(events: Sequence[Happened]) -> datetime | None:
    """Since when nothing is owed any more: the ticket is spam, or goes on in another."""
    at: datetime | None = None
    for event in events:
        if event.kind == "ended":
            at = at or event.at
        elif event.kind in {"running", "reopened"}:
            at = None
    return at


def _pauses(events: Iterable[Happened]) -> Iterator[Pause]:
    """While a ticket waits for its customer or a time, is settled or called off, no clock runs."""
    since: datetime | None = None
    for event in events:
        if event.kind in {"paused", "resolved", "ended"} and since is None:
            since = event.at
        elif event.kind in {"running", "reopened"} and since is not None:
            yield since, event.at
            since = None
    if since is not None:
        yield since, None


def _clock(
    run: Run,
    target: timedelta,
    policy: Policy,
    calendar: Calendar,
    pauses: Sequence[Pause],
    called_off: datetime | None,
) -> Clock:
    metric, cycle, begin, end = run
    # A pause that begins as a clock ends says nothing of that clock.
    running = list(_running(begin, [pause for pause in pauses if end is None or pause[0] < end]))
    return Clock(
        metric=metric,
        cycle=cycle,
        target=target,
        started_at=begin,
        ended_at=called_off if end is None else end,
        cancelled=end is None and called_off is not None,
        warn_at=_reach(running, target * policy.warn_at, calendar),
        due_at=_reach(running, target, calendar),
    )


def _running(begin: datetime, pauses: Sequence[Pause]) -> Iterator[Span]:
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

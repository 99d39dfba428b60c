"""What is counted of a ticket: its events folded into one row, and what that row adds to the sums of each day.

A sum is only ever changed by the difference between what a ticket added before and what it adds now, so that a late
correction moves a ticket from one category, agent or day to another.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from shared.engine.event import Event
from shared.events.tickets import (
    CsatRecorded,
    SlaBreached,
    SlaMet,
    SlaWarned,
    TicketAssigned,
    TicketOpened,
    TicketReplied,
    TicketStatusChanged,
    TicketTriaged,
)

Counted = (
    TicketOpened
    | TicketTriaged
    | TicketAssigned
    | TicketReplied
    | TicketStatusChanged
    | SlaWarned
    | SlaMet
    | SlaBreached
    | CsatRecorded
)
BUCKETS_S = (300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800)
"""Upper bounds of how long something took, in seconds; the last bucket has none."""
STANDING = date.min
"""The day under which what stands open now is summed."""
_SETTLED = {"resolved", "closed"}
_APART = {"merged", "spam"}


class Place(NamedTuple):
    """Under which sum something is counted."""

    day: date
    queue: str
    agent: str
    category: str
    channel: str
    measure: str
    bucket: int = 0


class Mark(NamedTuple):
    """Something that happened and stays so, whatever becomes of the ticket."""

    measure: str
    day: date
    agent: str


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket as the sums see it; what it has none of is empty."""

    ticket_id: UUID
    told_offset: int = -1
    opened_at: datetime | None = None
    channel: str = ""
    sku: str = ""
    queue: str = ""
    agent: str = ""
    category: str = ""
    status: str = "new"
    answered_at: datetime | None = None
    answered_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    rating: int | None = None
    rated_at: datetime | None = None
    rated_agent: str = ""
    warned: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


def follow(row: Row, event: Event[Counted], queue_of: Callable[[Sequence[str]], str]) -> Row:
    """The row after one more event of its ticket; an event that it is told of already changes nothing."""
    if event.offset <= row.told_offset:
        return row
    return replace(_told(row, event.data, queue_of), told_offset=event.offset)


def _told(row: Row, data: Counted, queue_of: Callable[[Sequence[str]], str]) -> Row:
    changes: dict[str, object] = {}
    match data:
        case TicketStatusChanged():
            return _moved(row, data)
        case SlaWarned() | SlaMet() | SlaBreached():
            return _measured(row, data)
        case TicketOpened():
            changes = {"opened_at": data.recorded_at, "channel": data.channel, "sku": data.sku or ""}
        case TicketTriaged():
            changes = {"category": data.category or "", "queue": queue_of(data.skills)}
        case TicketAssigned():
            changes = {"queue": data.queue, "agent": data.agent or ""}
        case TicketReplied() if data.author == "agent" and row.answered_at is None:
            changes = {"answered_at": data.recorded_at, "answered_by": data.agent or ""}
        case CsatRecorded():
            changes = {"rating": data.value, "rated_at": data.recorded_at, "rated_agent": data.agent or ""}
    return replace(row, **changes)  # type: ignore[arg-type]  # mypy does not follow names of fields


def _moved(row: Row, data: TicketStatusChanged) -> Row:
    """A ticket that goes on after it was resolved was not resolved by then."""
    moved = replace(row, status=data.status)
    if data.status == "resolved":
        return replace(moved, resolved_at=data.recorded_at, resolved_by=data.agent or row.agent)
    if data.status == "reopened":
        mark = Mark("reopened", _day(data.recorded_at), row.resolved_by)
        return replace(moved, resolved_at=None, resolved_by="", marks=(*row.marks, mark))
    return moved


def _measured(row: Row, data: SlaWarned | SlaMet | SlaBreached) -> Row:
    clock = f"{data.metric} {data.cycle}"
    others = tuple(each for each in row.warned if each != clock)
    if isinstance(data, SlaWarned):
        return replace(row, warned=(*others, clock))
    outcome = "met" if isinstance(data, SlaMet) else "breached"
    mark = Mark(f"{outcome} {data.metric}", _day(data.recorded_at), row.agent)
    return replace(row, warned=others, marks=(*row.marks, mark))


def contributions(row: Row) -> Iterator[tuple[Place, int]]:
    """Where the ticket counts, and the seconds that it adds there. One that goes on in another counts as that alone and
    by what its customer said of it, which the other has no part in; spam as that alone; one whose opening is not known
    yet nowhere.
    """
    if row.opened_at is None:
        return
    opened = _day(row.opened_at)
    if row.status in _APART:
        yield _place(row, opened, row.status, row.agent), 0
        if row.status == "merged":
            yield from _rating(row)
        return
    yield _place(row, opened, "opened", row.agent), 0
    if row.answered_at is not None:
        yield _took(row, "first_answer", row.opened_at, row.answered_at, row.answered_by)
    if row.resolved_at is not None:
        yield _took(row, "resolved", row.opened_at, row.resolved_at, row.resolved_by)
    yield from _rating(row)
    for mark in row.marks:
        yield _place(row, mark.day, mark.measure, mark.agent), 0
    if row.status not in _SETTLED:
        yield _place(row, STANDING, "open", row.agent), 0
        if row.warned:
            yield _place(row, STANDING, "slack_short", row.agent), 0


def _rating(row: Row) -> Iterator[tuple[Place, int]]:
    if row.rated_at is not None and row.rating is not None:
        yield _place(row, _day(row.rated_at), "csat", row.rated_agent)._replace(bucket=row.rating), 0


def differences(before: Row, after: Row) -> dict[Place, tuple[int, int]]:
    """How many tickets and seconds each sum gains or loses."""
    tickets: Counter[Place] = Counter()
    seconds: Counter[Place] = Counter()
    for sign, row in ((1, after), (-1, before)):
        for place, took in contributions(row):
            tickets[place] += sign
            seconds[place] += sign * took
    return {place: (tickets[place], seconds[place]) for place in tickets if tickets[place] or seconds[place]}


def product_of(row: Row) -> tuple[date, str, str] | None:
    """The day, product and category under which the ticket was opened; None where it is about no product."""
    if row.opened_at is None or not row.sku or row.status in _APART:
        return None
    return _day(row.opened_at), row.sku, row.category


def _place(row: Row, day: date, measure: str, agent: str) -> Place:
    return Place(day, row.queue, agent, row.category, row.channel, measure)


def _took(row: Row, measure: str, since: datetime, until: datetime, agent: str) -> tuple[Place, int]:
    seconds = max(0, int((until - since).total_seconds()))
    place = _place(row, _day(until), measure, agent)
    return place._replace(bucket=bisect_left(BUCKETS_S, seconds)), seconds


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()

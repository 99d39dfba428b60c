"""Promises: which rule a ticket is measured by, what its clocks show, and telling of each change once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from services.support.copies import commands as copies
from services.support.sla import store
from services.support.sla.domain.calendar import Calendar
from services.support.sla.domain.clock import Clock, Policy, fold
from services.support.sla.schemas import (
    CalendarList,
    ClockView,
    Measured,
    PolicyList,
    Published,
    SlaView,
)
from services.support.sla.store import Measurable, Promised, Told
from shared.engine.event import Emission
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Transient
from shared.events.tickets import SlaApplied, SlaBreached, SlaMet, SlaWarned
from shared.ids import dated_id

DEFAULT = "default"
TIMER = "sla"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOLD = {"warned": SlaWarned, "breached": SlaBreached, "met": SlaMet}


async def publish(tx: Transaction, calendars: Mapping[str, Calendar], policies: Mapping[str, Policy]) -> int:
    """What files say, as new versions where they say something new; the number of those."""
    made = [await store.add_definition(tx, name, each, "file", tx.now) for name, each in sorted(calendars.items())]
    made += [await store.add_definition(tx, name, each, "file", tx.now) for name, each in sorted(policies.items())]
    return sum(version is not None for version in made)


async def define(tx: Transaction, name: str, definition: Policy | Calendar) -> Published:
    """A new version, which holds for tickets that are triaged from now on. Raises Invalid for an unknown calendar."""
    if isinstance(definition, Policy) and definition.calendar not in await store.find_names(tx, "calendar"):
        raise Invalid(f"no calendar is called {definition.calendar}", field="body.calendar")
    await store.add_definition(tx, name, definition, "http", tx.now)
    lists = await (store.list_policies(tx) if isinstance(definition, Policy) else store.list_calendars(tx))
    return Published(name=name, version=max(each.version for each in lists if each.name == name))


async def follow(tx: Transaction, tickets: Collection[UUID], now: datetime) -> int:
    """Promise what is to be promised of these tickets, tell of what their clocks came to, and set the next timers.

    The number of things told. Raises Transient as long as no policy is published.
    """
    measurable = await store.load_tickets(tx, tickets)
    if not measurable:
        return 0
    newest = await store.find_newest(tx, DEFAULT)
    if newest is None:
        raise Transient("no policy is published yet: the definitions are still being read")
    await copies.lock_parties(tx, sorted({each.party_id for each in measurable}))
    added = await store.add_promises(tx, [(each, newest) for each in measurable], now)
    promises = await store.load_promises(tx, [each.id for each in measurable])
    happened = await store.load_happened(tx, [each.id for each in measurable])
    clocks = {
        each.id: fold(each.recorded_at, happened[each.id], priority, promised.policy, promised.calendar)
        for each in measurable
        for promised, priority in [promises[each.id]]
    }
    reached = [told for each in measurable for told in _reached(each.id, clocks[each.id], now)]
    told = await store.add_told(tx, reached, now)
    for each in measurable:
        if each.id in added:
            tx.emit([_applied(each, promises[each.id][0], clocks[each.id], now)])
        tx.emit(_announce(each, clocks[each.id], [one for one in reached if one in told and one[0] == each.id], now))
    await _set_timers(tx, measurable, clocks, now)
    return len(told) + len(added)


async def show(tx: Transaction, ticket_id: UUID) -> SlaView:
    """As promised then, and under today's rule. Raises NotFound where no such ticket is triaged."""
    found = await store.load_tickets(tx, [ticket_id])
    if not found:
        raise NotFound("no ticket that is triaged has this id")
    (ticket,) = found
    happened = (await store.load_happened(tx, [ticket_id]))[ticket_id]
    promised = (await store.load_promises(tx, [ticket_id])).get(ticket_id)
    newest = await store.find_newest(tx, DEFAULT)
    then = None
    open_: list[datetime] = []
    if promised is not None:
        rule, priority = promised
        clocks = fold(ticket.recorded_at, happened, priority, rule.policy, rule.calendar)
        then = _measured(rule, clocks, tx.now)
        open_ = [clock.due_at for clock in clocks if clock.ended_at is None and clock.due_at is not None]
    today = None
    if newest is not None:
        again = fold(ticket.recorded_at, happened, ticket.priority, newest.policy, newest.calendar)
        today = _measured(newest, again, tx.now)
    return SlaView(
        ticket_id=ticket_id,
        priority=promised[1] if promised else None,
        next_due_at=min(open_, default=None),
        then=then,
        today=today,
    )


async def list_policies(tx: Transaction) -> PolicyList:
    return PolicyList(items=await store.list_policies(tx))


async def list_calendars(tx: Transaction) -> CalendarList:
    return CalendarList(items=await store.list_calendars(tx))


def _reached(ticket_id: UUID, clocks: Iterable[Clock], now: datetime) -> Iterable[Told]:
    for clock in clocks:
        if clock.warned(now):
            yield ticket_id, clock.metric, clock.cycle, "warned"
        if clock.breached(now):
            yield ticket_id, clock.metric, clock.cycle, "breached"
        elif clock.met:
            yield ticket_id, clock.metric, clock.cycle, "met"


def _applied(ticket: Measurable, promised: Promised, clocks: Iterable[Clock], now: datetime) -> Emission:
    dues = {clock.metric: clock.due_at for clock in clocks if clock.cycle == 1}
    data = SlaApplied(
        ticket_id=ticket.id,
        party_id=ticket.party_id,
        request_event_id=ticket.request_event_id,
        recorded_at=now,
        policy=promised.policy_name,
        policy_version=promised.policy_version,
        calendar=promised.policy.calendar,
        calendar_version=promised.calendar_version,
        first_response_due=dues.get("first_response"),
        resolution_due=dues.get("resolution"),
    )
    return Emission(data=data, time=now, id=_id(ticket, "applied", "", 0))


def _announce(ticket: Measurable, clocks: Iterable[Clock], told: Iterable[Told], now: datetime) -> list[Emission]:
    by_key = {(clock.metric, clock.cycle): clock for clock in clocks}
    return [
        Emission(
            data=_TOLD[what](
                ticket_id=ticket.id,
                party_id=ticket.party_id,
                request_event_id=ticket.request_event_id,
                recorded_at=now,
                metric=metric,
                cycle=cycle,
                due_at=by_key[metric, cycle].due_at,
            ),
            time=now,
            id=_id(ticket, what, metric, cycle),
        )
        for _, metric, cycle, what in told
    ]


def _id(ticket: Measurable, what: str, metric: str, cycle: int) -> UUID:
    """The same however often it comes to it, after a restore too."""
    return dated_id(int((ticket.recorded_at - _EPOCH).total_seconds() * 1000), ticket.id, "sla", what, metric, cycle)


async def _set_timers(
    tx: Transaction, tickets: Iterable[Measurable], clocks: Mapping[UUID, list[Clock]], now: datetime
) -> None:
    """The next moment at which a ticket has something to tell; a ticket without one needs no timer."""
    timers, idle = [], []
    for ticket in tickets:
        moments = [
            at
            for clock in clocks[ticket.id]
            if clock.ended_at is None
            for at in (clock.warn_at, clock.due_at)
            if at is not None and at > now
        ]
        if moments:
            timers.append((ticket.id, partition_of(str(ticket.party_id)), min(moments)))
        else:
            idle.append(ticket.id)
    await tx.set_timers(TIMER, timers)
    if idle:
        await tx.clear_timers(TIMER, idle)


def _measured(promised: Promised, clocks: Iterable[Clock], now: datetime) -> Measured:
    return Measured(
        policy=promised.policy_name,
        policy_version=promised.policy_version,
        calendar=promised.policy.calendar,
        calendar_version=promised.calendar_version,
        clocks=[_view(clock, now) for clock in clocks],
    )


def _view(clock: Clock, now: datetime) -> ClockView:
    if clock.breached(now):
        state = "breached"
    elif clock.cancelled or clock.met:
        state = "cancelled" if clock.cancelled else "met"
    else:
        state = "paused" if clock.due_at is None else "running"
    return ClockView.model_validate(
        {
            "metric": clock.metric,
            "cycle": clock.cycle,
            "started_at": clock.started_at,
            "ended_at": clock.ended_at,
            "warn_at": clock.warn_at,
            "due_at": clock.due_at,
            "state": state,
        }
    )

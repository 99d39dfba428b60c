"""Promises: which rule a ticket is measured by, what its clocks show, and telling of each change once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.support.copies import commands as copies
from services.support.sla import store
from services.support.sla.domain.calendar import Calendar, working_between
from services.support.sla.domain.clock import Clock, Policy, fold, slack
from services.support.sla.domain.promise import (
    EVENTS,
    Measurable,
    PastPromise,
    Promise,
    Rule,
    announce_applied,
    announce_told,
    outcomes_of,
    rule_for,
)
from services.support.sla.schemas import CalendarList, ClockView, Deadline, Measured, PolicyList, Published, SlaView
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import Invalid, Transient
from shared.events.tickets import Priority, SlaApplied, SlaBreached, SlaMet, SlaWarned

TIMER = "sla"
OwnEvent = SlaApplied | SlaWarned | SlaBreached | SlaMet
_FRESH = timedelta(minutes=5)
"""A ticket that is younger has all its time; nothing is asked of the database for it."""


async def publish(tx: Transaction, calendars: Mapping[str, Calendar], policies: Mapping[str, Policy]) -> int:
    """What files say, as new versions where they say something new; the number of those."""
    made = [await store.add_definition(tx, name, each, "file", tx.now) for name, each in sorted(calendars.items())]
    made += [await store.add_definition(tx, name, each, "file", tx.now) for name, each in sorted(policies.items())]
    return sum(version is not None for version in made)


async def define(tx: Transaction, name: str, definition: Policy | Calendar) -> Published:
    """A new version, which holds for tickets that are triaged from now on. Raises Invalid for an unknown calendar."""
    if isinstance(definition, Policy) and definition.calendar not in await store.load_calendars(tx):
        raise Invalid(f"no calendar is called {definition.calendar}", field="body.calendar")
    await store.add_definition(tx, name, definition, "http", tx.now)
    lists = await (store.list_policies(tx) if isinstance(definition, Policy) else store.list_calendars(tx))
    return Published(name=name, version=max(each.version for each in lists if each.name == name))


async def follow(
    tx: Transaction,
    moments: Mapping[UUID, datetime],
    triaged: Mapping[UUID, Priority],
    causes: Mapping[UUID, Event[Any]],
) -> int:
    """Of each ticket at its moment: promise what is to be promised of those that are triaged, tell what its clocks came
    to, and set its next timer. The number of things told. Raises Transient as long as no policy is published.
    """
    tickets = await store.load_tickets(tx, moments)
    await copies.lock_parties(tx, sorted({each.party_id for each in tickets}))
    added = await _promise(tx, [each for each in tickets if each.id in triaged], triaged, moments)
    promises = await store.load_promises(tx, [each.id for each in tickets])
    clocks = await _clocks(tx, [each for each in tickets if each.id in promises], promises)
    reached = [
        (told, moments[ticket_id])
        for ticket_id, found in clocks.items()
        for told in outcomes_of(ticket_id, found, moments[ticket_id])
    ]
    told = await store.add_told(tx, reached)
    for each in tickets:
        if each.id in added:
            tx.emit([announce_applied(each, promises[each.id], clocks[each.id], moments[each.id], causes.get(each.id))])
        tx.emit(announce_told(each, clocks.get(each.id, []), told, moments[each.id], causes.get(each.id)))
    await _set_timers(tx, [each for each in tickets if each.id in clocks], clocks, moments)
    return len(told) + len(added)


async def show(tx: Transaction, ticket_id: UUID) -> SlaView:
    """As promised then, and under today's rule; empty where nothing was promised yet."""
    found = await load_pasts(tx, [ticket_id])
    if not found:
        return SlaView(next_due_at=None, slack=None, then=None, today=None)
    ticket, promise, happened = found[0].ticket, found[0].promise, found[0].happened
    then = fold(ticket.recorded_at, happened, promise.priority, promise.rule.policy, promise.rule.calendar)
    (rule,) = (await _rules_of(tx, [ticket], tx.now)).values()
    today = fold(ticket.recorded_at, happened, promise.priority_now, rule.policy, rule.calendar)
    return SlaView(
        next_due_at=min((each.due_at for each in then if each.is_open and each.due_at is not None), default=None),
        slack=slack(then, promise.rule.calendar, tx.now),
        then=_measured(promise.rule, promise.priority, then, tx.now),
        today=_measured(rule, promise.priority_now, today, tx.now),
    )


async def draft_rules(
    tx: Transaction, policies: Mapping[str, Policy], calendars: Mapping[str, Calendar]
) -> dict[str, Rule]:
    """Every policy as it is today but for what is drafted, whose version is 0. Raises Invalid for what could not go
    live.
    """
    rules, known = await store.load_rules(tx), await store.load_calendars(tx)
    if unknown := policies.keys() - rules.keys():
        raise Invalid(f"no policy is called {min(unknown)}", field="body.policies")
    known |= {name: (0, calendar) for name, calendar in calendars.items()}
    found = {}
    for name, rule in rules.items():
        policy = policies.get(name, rule.policy)
        if policy.calendar not in known:
            raise Invalid(f"no calendar is called {policy.calendar}", field=f"body.policies.{name}.calendar")
        version = 0 if name in policies else rule.version
        found[name] = Rule(name, version, policy, *known[policy.calendar])
    return found


async def load_pasts(tx: Transaction, tickets: Collection[UUID]) -> list[PastPromise]:
    """What was promised of these tickets and what moved their clocks; one to which nothing was is left out."""
    promised = await store.load_measured(tx, tickets)
    happened = await store.load_happened(tx, [ticket.id for ticket, _ in promised]) if promised else {}
    return [PastPromise(ticket, promise, happened[ticket.id]) for ticket, promise in promised]


async def slack_of(tx: Transaction, ticket_id: UUID) -> float | None:
    """The share that is left of the time to the ticket's earliest open deadline; None where none is open."""
    return (await show(tx, ticket_id)).slack


async def slack_before(
    tx: Transaction, waiting: Mapping[UUID, tuple[UUID, datetime]], now: datetime
) -> dict[UUID, float]:
    """Of tickets to which nothing is promised yet, by party and when they were opened: the share that a normal
    one would have left of the time to its first response. Those that were just opened, which is the rule, are left out.
    """
    late = {id_: each for id_, each in waiting.items() if now - each[1] > _FRESH}
    if not late:
        return {}
    rules = await store.load_rules(tx)
    terms = await copies.load_terms(tx, {party for party, _ in late.values()}, now)
    found = {}
    for id_, (party, opened_at) in late.items():
        rule = rule_for(terms[party], rules)
        target = rule.policy.targets["normal"].first_response if rule and "normal" in rule.policy.targets else None
        if rule is not None and target is not None:
            found[id_] = 1 - working_between(rule.calendar, opened_at, now) / timedelta(minutes=target)
    return found


async def take_back(tx: Transaction, event: Event[OwnEvent]) -> None:
    """After a restore, of a ticket whose party is locked: what was promised and told of it."""
    data = event.data
    if isinstance(data, SlaApplied):
        await store.take_back_promise(tx, data)
    else:
        outcome = next(name for name, kind in EVENTS.items() if isinstance(data, kind))
        await store.take_back_told(tx, (data.ticket_id, data.metric, data.cycle, outcome), data.recorded_at)


async def look_again(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """After a restore: the clocks of these tickets are looked at as soon as the service runs."""
    latest = {event.data.ticket_id: event for event in events}
    timers = [(id_, partition_of(str(event.data.party_id)), event.time) for id_, event in latest.items()]
    await tx.set_timers(TIMER, timers)


async def list_policies(tx: Transaction) -> PolicyList:
    return PolicyList(items=await store.list_policies(tx))


async def list_calendars(tx: Transaction) -> CalendarList:
    return CalendarList(items=await store.list_calendars(tx))


async def load_calendars(tx: Transaction) -> dict[str, Calendar]:
    """Every calendar as it is today, by name."""
    return {name: calendar for name, (_, calendar) in (await store.load_calendars(tx)).items()}


async def list_deadlines(tx: Transaction, after: tuple[datetime, UUID] | None, limit: int) -> list[Deadline]:
    """Open promises, the earliest deadline first."""
    return await store.list_deadlines(tx, after or (datetime.min.replace(tzinfo=UTC), UUID(int=0)), limit)


async def _promise(
    tx: Transaction,
    tickets: Sequence[Measurable],
    triaged: Mapping[UUID, Priority],
    moments: Mapping[UUID, datetime],
) -> set[UUID]:
    if not tickets:
        return set()
    rules = await _rules_of(tx, tickets, max(moments[each.id] for each in tickets))
    await store.save_priorities(tx, triaged)
    return await store.add_promises(
        tx, [(each, rules[each.id], triaged[each.id], moments[each.id]) for each in tickets]
    )


async def _rules_of(tx: Transaction, tickets: Collection[Measurable], now: datetime) -> dict[UUID, Rule]:
    """By ticket, the rule of its party's agreement, else the default. Raises Transient before there is one."""
    rules = await store.load_rules(tx)
    terms = await copies.load_terms(tx, {each.party_id for each in tickets}, now)
    found = {each.id: rule_for(terms[each.party_id], rules) for each in tickets}
    if missing := [id_ for id_, rule in found.items() if rule is None]:
        raise Transient(f"no policy is published yet for {len(missing)} tickets: the definitions are still being read")
    return {id_: rule for id_, rule in found.items() if rule is not None}


async def _clocks(
    tx: Transaction, tickets: Sequence[Measurable], promises: Mapping[UUID, Promise]
) -> dict[UUID, list[Clock]]:
    happened = await store.load_happened(tx, [each.id for each in tickets]) if tickets else {}
    return {
        each.id: fold(each.recorded_at, happened[each.id], promise.priority, promise.rule.policy, promise.rule.calendar)
        for each in tickets
        for promise in [promises[each.id]]
    }


async def _set_timers(
    tx: Transaction,
    tickets: Collection[Measurable],
    clocks: Mapping[UUID, Sequence[Clock]],
    moments: Mapping[UUID, datetime],
) -> None:
    """The next moment at which a ticket has something to tell; a ticket without one needs no timer."""
    timers, idle = [], []
    for ticket in tickets:
        ahead = [
            at
            for clock in clocks[ticket.id]
            if clock.is_open
            for at in (clock.warn_at, clock.due_at)
            if at is not None and at > moments[ticket.id]
        ]
        if ahead:
            timers.append((ticket.id, partition_of(str(ticket.party_id)), min(ahead)))
        else:
            idle.append(ticket.id)
    await tx.set_timers(TIMER, timers)
    if idle:
        await tx.clear_timers(TIMER, idle)
    dues = {id_: [each.due_at for each in found if each.is_open and each.due_at] for id_, found in clocks.items()}
    await store.save_deadlines(tx, {id_: min(each, default=None) for id_, each in dues.items()})


def _measured(rule: Rule, priority: Priority, clocks: Iterable[Clock], now: datetime) -> Measured:
    return Measured(
        policy=rule.name,
        policy_version=rule.version,
        calendar=rule.policy.calendar,
        calendar_version=rule.calendar_version,
        agreement_id=rule.agreement_id,
        priority=priority,
        clocks=[view_of(clock, now) for clock in clocks],
    )


def view_of(clock: Clock, now: datetime) -> ClockView:
    """As it stands at a moment."""
    return ClockView(
        metric=clock.metric,
        cycle=clock.cycle,
        started_at=clock.started_at,
        ended_at=clock.ended_at,
        warn_at=clock.warn_at,
        due_at=clock.due_at,
        state=clock.state(now),
    )

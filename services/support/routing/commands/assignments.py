"""Who answers for tickets: queues, choices, claims, and giving back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.support.categories import Queue
from services.support.copies import commands as copies
from services.support.reasons import reason, text_of
from services.support.routing import store
from services.support.routing.domain.agent import Agent, Standing, standing_at, why_not
from services.support.routing.domain.choice import ESCALATED, OPEN, PLACES, Desk, Waiting, choose_all, queue_of
from services.support.routing.domain.handing import Handed, announce
from services.support.routing.schemas import Assigning, AssignmentView
from services.support.routing.store import Routable
from services.support.settings import Context
from services.support.sla import commands as sla
from services.support.tickets import commands as tickets
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import Invalid, Refused
from shared.events.reasons import CodedReason
from shared.events.tickets import Handing, TicketAssigned
from shared.ids import dated_id, derived_id, new_id

TIMER = "agents"
"""The timer of agents: their shift begins or ends, or something became of them or of their tickets."""


class NotAssignable(Refused):
    """Somebody else answers for it, or the agent may not be given it now; `state` says who or why."""

    status = 409
    reason = "not_assignable"


async def follow(
    tx: Transaction, moments: Mapping[UUID, datetime], escalated: Collection[UUID], causes: Mapping[UUID, Event[Any]]
) -> int:
    """Queue tickets that are triaged, let go of those that are settled, and give out those that wait; the number given.

    Their parties are locked.
    """
    context: Context = tx.context
    found = await store.load_routable(tx, moments)
    latest = max(moments.values())
    queued = [
        (each, queue_of(each.skills, context.queues), PLACES[each.priority], each.status in OPEN)
        for each in found
        if each.is_queued or each.status in OPEN
    ]
    await store.save_queued(tx, queued, latest, ESCALATED)
    await store.move_up(tx, escalated, ESCALATED)
    freed = sorted({each.agent_id for each in found if each.is_open and each.status not in OPEN and each.agent_id})
    await look_at(tx, freed, latest)
    waits = [each.id for each in found if each.status in OPEN and (each.agent_id is None or not each.is_open)]
    return await give_out(tx, await store.load_routable(tx, waits), latest, causes) if waits else 0


async def assign(tx: Transaction, ticket_id: UUID, new: Assigning, by: str) -> AssignmentView:
    """Claim a ticket, give it to somebody, or give it back to its queue. Raises NotFound, Invalid and NotAssignable."""
    await tickets.lock_ticket(tx, ticket_id)
    found = [each for each in await store.load_routable(tx, [ticket_id]) if each.is_open and each.status in OPEN]
    if not found:
        raise NotAssignable("the ticket is settled, or not triaged yet", state={"agent": None})
    (ticket,) = found
    if new.agent is None:
        assert new.reason is not None  # nobody gives back without one
        await _return(tx, ticket, reason("given_back", agent=by, returned=new.reason))
    elif new.agent != ticket.agent_id:
        if ticket.agent_id is not None and not new.take_over:
            raise NotAssignable(
                f"{ticket.agent_id} answers for it; take_over gives it to you", state={"agent": ticket.agent_id}
            )
        await _hand_to(tx, ticket, new.agent, by)
    view = await find_assignment(tx, ticket_id)
    assert view is not None  # it was open a moment ago, and is locked
    return view


async def find_assignment(tx: Transaction, ticket_id: UUID) -> AssignmentView | None:
    """Who answers for a ticket, or why it waits."""
    context: Context = tx.context
    view = await store.find_assignment(tx, ticket_id)
    if view is None or view.waiting_since is None:
        return view
    known = [each for each in await store.load_routable(tx, [ticket_id]) if each.is_open]
    desk = await _desk_of(tx, await store.load_agents(tx), [each.party_id for each in known], tx.now)
    because = next((desk.why_waits(waiting_of(each, context.queues)) for each in known), None)
    said = None if because is None else text_of(because)
    return view.model_copy(update={"waits_because": said, "waits_reason": because})


async def take_back(tx: Transaction, event: Event[TicketAssigned]) -> None:
    """After a restore: who answers for a ticket, and who did."""
    await store.take_back_assignment(tx, event.data, UUID(event.id))


async def look_at(tx: Transaction, agents: Collection[str], now: datetime) -> None:
    """Have these agents attended to as soon as the clock is there."""
    await tx.set_timers(TIMER, [(key_of(each), partition_of(each), now) for each in agents])


def key_of(agent_id: str) -> UUID:
    return derived_id("agent", agent_id)


async def standing_of(tx: Transaction, agent: Agent) -> Standing:
    loads = await store.load_loads(tx, [agent.id])
    return standing_at(agent, loads.get(agent.id, {}), await sla.load_calendars(tx), tx.now)


async def load_desk(tx: Transaction, parties: Collection[UUID], now: datetime) -> Desk:
    """Everybody, locked, at the end: whoever waits for that holds parties, tickets and the timers of agents."""
    return await _desk_of(tx, await store.lock_agents(tx), parties, now)


async def _desk_of(tx: Transaction, agents: Sequence[Agent], parties: Collection[UUID], now: datetime) -> Desk:
    """Nothing more is asked where there are no agents."""
    if not agents:
        return Desk({})
    loads, calendars = await store.load_loads(tx, [each.id for each in agents]), await sla.load_calendars(tx)
    standings = {each.id: standing_at(each, loads.get(each.id, {}), calendars, now) for each in agents}
    return Desk(standings, await find_managers(tx, parties, now))


async def find_managers(tx: Transaction, parties: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """The relationship manager of each party whose agreements name one."""
    terms = await copies.load_terms(tx, parties, now)
    return {
        party: each.relationship_manager
        for party, agreed in terms.items()
        for each in agreed
        if each.relationship_manager is not None
    }


async def give_out(
    tx: Transaction,
    found: Sequence[Routable],
    now: datetime,
    causes: Mapping[UUID, Event[Any]],
    desk: Desk | None = None,
) -> int:
    """Those that nobody answers for, the most pressing first, each to whoever is chosen; the others wait."""
    context: Context = tx.context
    first = sorted((each for each in found if each.agent_id is None and each.status in OPEN), key=_line)
    waiting = [waiting_of(each, context.queues) for each in first]
    if not waiting:
        return 0
    known = desk or await load_desk(tx, {each.party_id for each in waiting}, now)
    handed = [
        (ticket, Handed(_id(causes.get(ticket.id), ticket, now), ticket.id, choice.agent, None, "routed", choice.why))
        for ticket, choice in choose_all(known, waiting, now)
    ]
    await save_handed(tx, handed, now, causes)
    return len(handed)


async def _return(tx: Transaction, ticket: Routable, why: CodedReason) -> None:
    context: Context = tx.context
    if ticket.agent_id is None:
        raise NotAssignable("nobody answers for it, so nobody gives it back", state={"agent": None})
    waiting = waiting_of(ticket, context.queues)
    handed = Handed(new_id(), ticket.id, None, ticket.agent_id, "returned", (why,), refused=True)
    await look_at(tx, [ticket.agent_id], tx.now)  # there is room for another
    desk = await load_desk(tx, [ticket.party_id], tx.now)
    await save_handed(tx, [(waiting, handed)], tx.now, {})
    await give_out(tx, await store.load_routable(tx, [ticket.id]), tx.now, {}, desk)


async def _hand_to(tx: Transaction, ticket: Routable, agent_id: str, by: str) -> None:
    context: Context = tx.context
    if ticket.agent_id is not None:
        await look_at(tx, [ticket.agent_id], tx.now)  # there is room for another
    agent = await store.lock_agent(tx, agent_id)
    if agent is None or agent.removed is not None:
        raise Invalid("no agent is called so", field="body.agent")
    if against := why_not(await standing_of(tx, agent), ticket.channel):
        raise NotAssignable(f"{agent_id} may not be given it: {against}", state={"agent": ticket.agent_id})
    waiting = waiting_of(ticket, context.queues)
    how: Handing = "claimed" if by == agent_id else "given"
    handed = Handed(new_id(), ticket.id, agent_id, ticket.agent_id, how, (reason(how, agent=by),))
    await save_handed(tx, [(waiting, handed)], tx.now, {})


async def save_handed(
    tx: Transaction, handed: Sequence[tuple[Waiting, Handed]], now: datetime, causes: Mapping[UUID, Event[Any]]
) -> None:
    await store.save_handed(tx, [each for _, each in handed], now)
    tx.emit([announce(ticket, each, now, causes.get(ticket.id)) for ticket, each in handed])


def _line(ticket: Routable) -> tuple[int, datetime, UUID]:
    """As `find_waiting` has them."""
    assert ticket.place is not None  # it was queued before
    assert ticket.waiting_since is not None
    return ticket.place, ticket.waiting_since, ticket.id


def _id(cause: Event[Any] | None, ticket: Waiting, now: datetime) -> UUID:
    """The same for the same cause, after a restore too."""
    if cause is None:
        return new_id()
    return dated_id(int(now.timestamp() * 1000), ticket.id, "assigned", cause.id)


def waiting_of(ticket: Routable, queues: Sequence[Queue]) -> Waiting:
    queue = queue_of(ticket.skills, queues)
    return Waiting(
        ticket.id,
        ticket.party_id,
        ticket.request_event_id,
        ticket.channel,
        ticket.skills,
        ticket.priority,
        queue.name,
        queue.fallback,
        ticket.refused_by,
        ticket.previous,
    )

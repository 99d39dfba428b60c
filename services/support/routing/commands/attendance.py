"""Agents come and go: what they give back, and what waits for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.support.copies import commands as copies
from services.support.routing import store
from services.support.routing.commands.assignments import (
    TIMER,
    give_out,
    key_of,
    load_desk,
    look_at,
    save_handed,
    waiting_of,
)
from services.support.routing.domain.agent import Agent, standing_at
from services.support.routing.domain.choice import OPEN, Desk
from services.support.routing.domain.handing import Handed
from services.support.routing.store import Routable
from services.support.settings import Context
from services.support.sla import commands as sla
from services.support.sla.domain.calendar import Calendar, next_change
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.reasons import CodedReason
from shared.ids import new_id

_AT_ONCE = 50
"""Tickets that one look at an agent hands out; the next look, at once, goes on with the rest."""
_LOOKS_AGAIN = timedelta(days=1)
"""At the latest; a calendar may have a new version, or stay as it is for longer than is looked ahead."""


@dataclass(frozen=True, slots=True)
class _Concern:
    """Agents, the tickets that they hold, and those that wait for them; of `cut` more wait than were found."""

    agents: Sequence[Agent]
    held: Collection[UUID]
    waiting: Collection[UUID]
    cut: Collection[str]

    @property
    def tickets(self) -> set[UUID]:
        return {*self.held, *self.waiting}


async def lock_first(tx: Transaction, keys: Collection[UUID]) -> None:
    """Before the timers of agents are locked: the parties whose tickets may change hands."""
    concern = await _find_concern(tx, keys, tx.now)
    await copies.lock_parties(tx, {each.party_id for each in await store.load_routable(tx, concern.tickets)})


async def attend(tx: Transaction, keys: Collection[UUID], now: datetime) -> int:
    """Agents who are away, or whose shift is over, give their tickets back; the others get what waits for them.

    What came in since the parties were locked is left, where somebody else has its party, and looked at again.
    """
    concern = await _find_concern(tx, keys, now)
    ids = {each.id for each in concern.agents}
    found = await store.load_routable(tx, concern.tickets)
    locked = await copies.lock_free_parties(tx, {each.party_id for each in found})
    ours = {each.id for each in found if each.party_id in locked}
    desk = await load_desk(tx, {each.party_id for each in found}, now)
    held = await store.load_routable(tx, ours.intersection(concern.held))
    returned = await _give_back(tx, desk, ids, held, now)
    waiting = await store.load_routable(tx, {*ours.intersection(concern.waiting), *returned})
    given = await give_out(tx, waiting, now, {}, desk)
    await _set_timers(tx, concern.agents, await sla.load_calendars(tx), now)
    came = set(await store.find_held(tx, sorted(ids))).difference(concern.held, ours)
    if came or len(ours) < len(found):
        await look_at(tx, ids, now)
    elif given:  # else nothing would be given the next time either
        await look_at(tx, [each for each in concern.cut if desk.standings[each].channels_with_room()], now)
    return given + len(returned)


async def _find_concern(tx: Transaction, keys: Collection[UUID], now: datetime) -> _Concern:
    ids = set(await store.find_agents_by_key(tx, keys))
    agents = [each for each in await store.load_agents(tx) if each.id in ids]
    calendars = await sla.load_calendars(tx)
    loads = await store.load_loads(tx, sorted(ids))
    waiting, cut = set[UUID](), set[str]()
    for agent in agents:
        room = standing_at(agent, loads.get(agent.id, {}), calendars, now).channels_with_room()
        managed = await copies.find_managed_parties(tx, agent.id, now) if room else []
        found = await store.find_waiting(tx, agent, room, managed, _AT_ONCE) if room else []
        waiting.update(found)
        cut.update({agent.id} if len(found) == _AT_ONCE else ())
    return _Concern(agents, await store.find_held(tx, sorted(ids)), waiting, cut)


async def _give_back(
    tx: Transaction, desk: Desk, ids: Collection[str], held: Sequence[Routable], now: datetime
) -> list[UUID]:
    """What those of these agents have who keep nothing now. Whose shift is over is offline from then on."""
    context: Context = tx.context
    leaving: dict[str, CodedReason] = {}
    for agent_id in sorted(ids):
        standing = desk.standings[agent_id]
        if standing.why_leaves is not None:
            leaving[agent_id] = standing.why_leaves
        if not standing.on_shift and standing.agent.presence != "offline":
            await store.save_presence(tx, agent_id, "offline", "shift_ended", now)
    handed = []
    for each in held:
        if each.agent_id in leaving and each.status in OPEN:
            desk.take(each.agent_id, each.channel)
            ticket, why = waiting_of(each, context.queues), leaving[each.agent_id]
            handed.append((ticket, Handed(new_id(), ticket.id, None, each.agent_id, "returned", (why,))))
    await save_handed(tx, handed, now, {})
    return [ticket.id for ticket, _ in handed]


async def _set_timers(
    tx: Transaction, agents: Collection[Agent], calendars: Mapping[str, Calendar], now: datetime
) -> None:
    """When the shift of each begins or ends next."""
    latest = now + _LOOKS_AGAIN
    changes = {
        agent.id: min(next_change(calendars[agent.calendar], now) or latest, latest)
        for agent in agents
        if agent.calendar is not None and agent.calendar in calendars and agent.removed is None
    }
    await tx.set_timers(TIMER, [(key_of(each), partition_of(each), at) for each, at in changes.items()])

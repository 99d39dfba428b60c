"""Agents as operators define them, and where they are; what waits in queues."""

from datetime import UTC, datetime
from uuid import UUID

from services.support.routing import store
from services.support.routing.commands.assignments import key_of, look_at, standing_of
from services.support.routing.domain.agent import Agent, Removal
from services.support.routing.schemas import (
    AgentDefinition,
    AgentState,
    AgentVersion,
    AgentView,
    NewPresence,
    QueueLine,
    QueueList,
    WaitingTicket,
)
from services.support.settings import Context
from services.support.sla import commands as sla
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale
from shared.http.versions import Versions


async def define(tx: Transaction, agent_id: str, new: AgentDefinition, versions: Versions) -> AgentVersion:
    """Add an agent, or change what is known of one; version 0 is of whoever is none, or none any more.

    Raises Stale, and Invalid for unknown queues and calendars.
    """
    context: Context = tx.context
    if unknown := set(new.queues) - {queue.name for queue in context.queues}:
        raise Invalid(f"no queue is called {min(unknown)}", field="body.queues")
    if new.calendar is not None and new.calendar not in await sla.load_calendars(tx):
        raise Invalid(f"no calendar is called {new.calendar}", field="body.calendar")
    await look_at(tx, [agent_id], tx.now)  # timers are locked before agents, as when they fire
    known = await store.lock_agent(tx, agent_id)
    is_new = versions is None or 0 in versions
    if known is None and is_new and await store.add_agent(tx, agent_id, key_of(agent_id), new):
        return AgentVersion(id=agent_id, version=1)
    known = known or await store.lock_agent(tx, agent_id)  # another request may have added them meanwhile
    if known is None or known.removed is None or not is_new:
        _require_version(known, versions)
    assert known is not None  # else they were added, or were not what the version says
    await store.save_agent(tx, agent_id, new)
    return AgentVersion(id=agent_id, version=known.version + 1)


async def set_presence(tx: Transaction, agent_id: str, new: NewPresence, versions: Versions) -> AgentVersion:
    """Where an agent is from now on; their tickets are looked at next. Raises NotFound and Stale."""
    await look_at(tx, [agent_id], tx.now)
    known = await store.lock_agent(tx, agent_id)
    if known is None or known.removed is not None:
        raise NotFound("no agent has this id")
    _require_version(known, versions)
    await store.save_presence(tx, agent_id, new.presence, new.absence, tx.now)
    return AgentVersion(id=agent_id, version=known.version + 1)


async def remove(tx: Transaction, agent_id: str, reason: Removal, versions: Versions) -> AgentVersion:
    """An agent who is asked no more; what they have goes back with the reason. Raises NotFound and Stale.

    What they did stays; defining them again brings them back.
    """
    await look_at(tx, [agent_id], tx.now)
    known = await store.lock_agent(tx, agent_id)
    if known is None or known.removed is not None:
        raise NotFound("no agent has this id")
    _require_version(known, versions)
    await store.save_presence(tx, agent_id, "offline", "other", tx.now)
    await store.remove_agent(tx, agent_id, reason)
    return AgentVersion(id=agent_id, version=known.version + 2)


async def list_agents(tx: Transaction, after: str, limit: int) -> list[AgentState]:
    return await store.list_agents(tx, after, limit)


async def load_agents(tx: Transaction) -> list[Agent]:
    """Everybody who ever was one."""
    return await store.load_agents(tx)


async def read_agent(tx: Transaction, agent_id: str, since: datetime) -> AgentView:
    """Raises NotFound."""
    state = await store.find_agent(tx, agent_id)
    agents = [each for each in await store.load_agents(tx) if each.id == agent_id]
    if state is None or not agents:
        raise NotFound("no agent has this id")
    standing = await standing_of(tx, agents[0])
    seconds = await store.sum_presence(tx, agent_id, since)
    return AgentView(**state.model_dump(), on_shift=standing.on_shift, seconds=seconds)


async def list_queues(tx: Transaction) -> QueueList:
    """Those of the file, in its order, and any other in which tickets still wait."""
    context: Context = tx.context
    waiting = {line.name: line for line in await store.count_queues(tx)}
    named = [waiting.pop(each.name, QueueLine(name=each.name, waiting=0, oldest=None)) for each in context.queues]
    return QueueList(items=[*named, *waiting.values()])


async def list_waiting(
    tx: Transaction, queue: str, after: tuple[int, datetime, UUID] | None, limit: int
) -> list[WaitingTicket]:
    first = -1, datetime.min.replace(tzinfo=UTC), UUID(int=0)
    return await store.list_waiting(tx, queue, after or first, limit)


def _require_version(agent: Agent | None, versions: Versions) -> None:
    if versions is not None and (agent is None or agent.version not in versions):
        state = {"version": agent.version} if agent else None
        raise Stale("the agent has changed; read it again", field="If-Match", state=state)

"""The tables of routing, a typed function per statement."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.support.categories import Queue
from services.support.reasons import texts_of
from services.support.routing.domain.agent import Absence, Agent, Presence, Removal
from services.support.routing.domain.handing import Handed
from services.support.routing.schemas import (
    AgentDefinition,
    AgentState,
    AssignmentStep,
    AssignmentView,
    QueueLine,
    WaitingTicket,
)
from shared.engine.transaction import Transaction
from shared.events.tickets import Priority, TicketAssigned, TicketStatus
from shared.events.values import Channel
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_CAPACITY: TypeAdapter[dict[Channel, int]] = TypeAdapter(dict[Channel, int])
_STEPS = TypeAdapter(list[AssignmentStep])


@dataclass(frozen=True, slots=True)
class Routable:
    """A ticket that is triaged, and what routing keeps of it: nothing yet, where it `is_queued` not."""

    id: UUID
    party_id: UUID
    request_event_id: str | None
    channel: Channel
    status: TicketStatus
    skills: tuple[str, ...]
    priority: Priority
    is_queued: bool
    is_open: bool | None
    place: int | None
    waiting_since: datetime | None
    agent_id: str | None
    previous: str | None
    refused_by: str | None


async def add_agent(tx: Transaction, agent_id: str, key: UUID, new: AgentDefinition) -> bool:
    """False where the agent is known."""
    row = await tx.fetchrow(SQL["add_agent"], agent_id, key, *_definition(new), tx.now)
    return row is not None


async def save_agent(tx: Transaction, agent_id: str, new: AgentDefinition) -> None:
    await tx.execute(SQL["save_agent"], agent_id, *_definition(new))


async def remove_agent(tx: Transaction, agent_id: str, reason: Removal) -> None:
    await tx.execute(SQL["remove_agent"], agent_id, reason)


async def save_presence(
    tx: Transaction, agent_id: str, presence: Presence, absence: Absence | None, now: datetime
) -> None:
    """The state, and the span that it begins."""
    await tx.execute(SQL["save_presence"], agent_id, presence, absence, now)
    await tx.execute(SQL["end_presence"], agent_id, now)
    await tx.execute(SQL["add_presence"], agent_id, now, presence, absence)


async def sum_presence(tx: Transaction, agent_id: str, since: datetime) -> dict[Presence, float]:
    rows = await tx.fetch(SQL["sum_presence"], agent_id, since, tx.now)
    return {row["presence"]: row["seconds"] for row in rows}


async def list_agents(tx: Transaction, after: str, limit: int) -> list[AgentState]:
    return [_state(row) for row in await tx.fetch(SQL["list_agents"], after, limit)]


async def find_agent(tx: Transaction, agent_id: str) -> AgentState | None:
    row = await tx.fetchrow(SQL["find_agent"], agent_id)
    return None if row is None else _state(row)


async def load_agents(tx: Transaction) -> list[Agent]:
    return [_agent(row) for row in await tx.fetch(SQL["load_agents"])]


async def lock_agents(tx: Transaction) -> list[Agent]:
    return [_agent(row) for row in await tx.fetch(SQL["lock_agents"])]


async def lock_agent(tx: Transaction, agent_id: str) -> Agent | None:
    row = await tx.fetchrow(SQL["lock_agent"], agent_id)
    return None if row is None else _agent(row)


async def find_agents_by_key(tx: Transaction, keys: Collection[UUID]) -> list[str]:
    return [row["id"] for row in await tx.fetch(SQL["find_agents_by_key"], list(keys))]


async def load_loads(tx: Transaction, agents: Collection[str]) -> dict[str, dict[Channel, int]]:
    found: dict[str, dict[Channel, int]] = {}
    for row in await tx.fetch(SQL["load_loads"], list(agents)):
        found.setdefault(row["agent_id"], {})[row["channel"]] = row["tickets"]
    return found


async def load_routable(tx: Transaction, tickets: Collection[UUID]) -> list[Routable]:
    rows = await tx.fetch(SQL["load_routable"], list(tickets))
    return [Routable(**{**row, "skills": tuple(row["skills"])}) for row in rows]


async def find_waiting(
    tx: Transaction, agent: Agent, channels: Collection[Channel], managed: Collection[UUID], limit: int
) -> list[UUID]:
    """What may be given to an agent, who manages these parties, on these channels; the first in line first."""
    rows = await tx.fetch(
        SQL["find_waiting"], agent.id, list(agent.queues), list(agent.skills), list(channels), limit, list(managed)
    )
    return [row["ticket_id"] for row in rows]


async def find_held(tx: Transaction, agents: Collection[str]) -> list[UUID]:
    return [row["ticket_id"] for row in await tx.fetch(SQL["find_held"], list(agents))] if agents else []


async def save_queued(
    tx: Transaction, queued: Iterable[tuple[Routable, Queue, int, bool]], now: datetime, escalated: int
) -> None:
    """Each ticket's queue, place, and whether it is open; one whose place is `escalated` keeps it while it is."""
    rows = [
        (
            ticket.id,
            queue.name,
            queue.fallback,
            ticket.channel,
            to_json(ticket.skills).decode(),
            place,
            is_open,
            now,
        )
        for ticket, queue, place, is_open in queued
    ]
    if rows:
        await tx.execute(SQL["save_queued"], *columns(rows), escalated)


async def move_up(tx: Transaction, tickets: Collection[UUID], place: int) -> None:
    if tickets:
        await tx.execute(SQL["move_up"], list(tickets), place)


async def save_handed(tx: Transaction, handed: Sequence[Handed], now: datetime) -> None:
    """Who answers from now on, and that it changed."""
    if not handed:
        return
    rows = [(each.ticket_id, each.agent, each.previous, each.how, *_why(each), now) for each in handed]
    refused = {each.ticket_id: each.previous if each.refused else None for each in handed}
    latest = {row[0]: (*row[:2], refused[row[0]], *row[3:]) for row in rows}
    await tx.execute(SQL["save_assignments"], *columns(latest.values()))
    await tx.execute(
        SQL["add_steps"], *columns((row[0], each.id, *row[1:]) for row, each in zip(rows, handed, strict=True))
    )
    if given := {each.agent: now for each in handed if each.agent is not None}:
        await tx.execute(SQL["save_last_assigned"], *columns(sorted(given.items())))


async def find_assignment(tx: Transaction, ticket_id: UUID) -> AssignmentView | None:
    row = await tx.fetchrow(SQL["find_assignment"], ticket_id)
    if row is None:
        return None
    waits = row["is_open"] and row["agent_id"] is None
    return AssignmentView(
        queue=row["queue"],
        agent=row["agent_id"],
        how=row["how"],
        why=row["why"],
        because=from_json(row["because"]),
        assigned_at=row["assigned_at"],
        waiting_since=row["waiting_since"] if waits else None,
        steps=_STEPS.validate_json(row["steps"]),
    )


async def count_queues(tx: Transaction) -> list[QueueLine]:
    return [QueueLine.model_validate(dict(row)) for row in await tx.fetch(SQL["count_queues"])]


async def list_waiting(
    tx: Transaction, queue: str, after: tuple[int, datetime, UUID], limit: int
) -> list[WaitingTicket]:
    rows = await tx.fetch(SQL["list_waiting"], queue, *after, limit)
    return [WaitingTicket.model_validate(dict(row)) for row in rows]


async def take_back_assignment(tx: Transaction, said: TicketAssigned, event_id: UUID) -> None:
    why, because = to_json(said.why).decode(), to_json(said.because).decode()
    await tx.execute(
        SQL["take_back_assignment"],
        said.ticket_id,
        said.queue,
        said.agent,
        said.how,
        list(said.why),
        said.recorded_at,
        because,
    )
    step = said.ticket_id, event_id, said.agent, said.previous, said.how, why, because, said.recorded_at
    await tx.execute(SQL["add_steps"], *columns([step]))


def _why(handed: Handed) -> tuple[str, str]:
    """In English and in codes."""
    return to_json(texts_of(handed.why)).decode(), to_json(handed.why).decode()


def _definition(new: AgentDefinition) -> tuple[object, ...]:
    return sorted(set(new.skills)), sorted(set(new.queues)), to_json(new.capacity).decode(), new.calendar


def _agent(row: Any) -> Agent:
    return Agent(
        id=row["id"],
        version=row["version"],
        skills=frozenset(row["skills"]),
        queues=tuple(row["queues"]),
        capacity=_CAPACITY.validate_json(row["capacity"]),
        calendar=row["calendar"],
        presence=row["presence"],
        last_assigned_at=row["last_assigned_at"],
        removed=row["removed"],
    )


def _state(row: Any) -> AgentState:
    return AgentState.model_validate({**row, "capacity": _CAPACITY.validate_json(row["capacity"])})

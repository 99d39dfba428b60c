"""The tables of promises, a typed function per statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import TypeAdapter

from services.support.sla.domain.calendar import Calendar
from services.support.sla.domain.clock import Happened, Kind, Policy, Priority
from services.support.sla.schemas import CalendarVersion, PolicyVersion
from shared.engine.transaction import Transaction
from shared.events.tickets import SlaMetric
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_DEFINITION = TypeAdapter(dict[str, object])
_STEPS: dict[str, Kind] = {"resolved": "resolved", "closed": "resolved", "merged": "ended", "spam": "ended"}
Told = tuple[UUID, SlaMetric, int, Literal["warned", "breached", "met"]]


@dataclass(frozen=True, slots=True)
class Promised:
    """The versions by which a ticket is measured, with what they say."""

    policy_name: str
    policy_version: int
    policy: Policy
    calendar_version: int
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Measurable:
    """What clocks need of a ticket that is triaged."""

    id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: datetime
    priority: Priority


async def find_newest(tx: Transaction, name: str) -> Promised | None:
    """A policy as it is today, with its calendar as it is today."""
    policies = {row["name"]: row for row in await tx.fetch(SQL["load_newest"], "policy")}
    if name not in policies:
        return None
    policy = Policy.model_validate_json(policies[name]["definition"])
    calendars = {row["name"]: row for row in await tx.fetch(SQL["load_newest"], "calendar")}
    found = calendars[policy.calendar]
    calendar = Calendar.model_validate_json(found["definition"])
    return Promised(name, policies[name]["version"], policy, found["version"], calendar)


async def find_names(tx: Transaction, kind: Literal["policy", "calendar"]) -> set[str]:
    return {row["name"] for row in await tx.fetch(SQL["load_newest"], kind)}


async def list_policies(tx: Transaction) -> list[PolicyVersion]:
    rows = await tx.fetch(SQL["list_definitions"], "policy")
    return [PolicyVersion(**{**row, "definition": Policy.model_validate_json(row["definition"])}) for row in rows]


async def list_calendars(tx: Transaction) -> list[CalendarVersion]:
    rows = await tx.fetch(SQL["list_definitions"], "calendar")
    return [CalendarVersion(**{**row, "definition": Calendar.model_validate_json(row["definition"])}) for row in rows]


async def add_definition(
    tx: Transaction, name: str, definition: Policy | Calendar, source: Literal["file", "http"], now: datetime
) -> int | None:
    """The number of the new version; None where the newest says the same."""
    kind = "policy" if isinstance(definition, Policy) else "calendar"
    version: int | None = await tx.fetchval(
        SQL["add_definition"], kind, name, definition.model_dump_json(), source, now
    )
    return version


async def load_tickets(tx: Transaction, tickets: Collection[UUID]) -> list[Measurable]:
    return [Measurable(**row) for row in await tx.fetch(SQL["load_tickets"], list(tickets))]


async def load_happened(tx: Transaction, tickets: Collection[UUID]) -> dict[UUID, list[Happened]]:
    """What moved the clocks of each ticket, in the order of time."""
    found: dict[UUID, list[Happened]] = {ticket: [] for ticket in tickets}
    for row in await tx.fetch(SQL["load_happened"], list(tickets)):
        found[row["ticket_id"]].append(Happened(row["at"], _kind(row["what"], row["waits_for"])))
    return found


async def add_promises(tx: Transaction, promises: Sequence[tuple[Measurable, Promised]], now: datetime) -> set[UUID]:
    """Returns the tickets to which nothing had been promised."""
    rows = [
        (
            ticket.id,
            each.policy_name,
            each.policy_version,
            each.policy.calendar,
            each.calendar_version,
            ticket.priority,
            now,
        )
        for ticket, each in promises
    ]
    return {row["ticket_id"] for row in await tx.fetch(SQL["add_promises"], *columns(rows))} if rows else set()


async def load_promises(tx: Transaction, tickets: Collection[UUID]) -> dict[UUID, tuple[Promised, Priority]]:
    """What was promised of each ticket, with the definitions of those versions."""
    found: dict[UUID, tuple[Promised, Priority]] = {}
    policies: dict[tuple[str, int], Policy] = {}
    calendars: dict[tuple[str, int], Calendar] = {}
    for row in await tx.fetch(SQL["load_promises"], list(tickets)):
        policy, calendar = (row["policy"], row["policy_version"]), (row["calendar"], row["calendar_version"])
        if policy not in policies:
            policies[policy] = Policy.model_validate_json(await tx.fetchval(SQL["find_definition"], "policy", *policy))
        if calendar not in calendars:
            said = await tx.fetchval(SQL["find_definition"], "calendar", *calendar)
            calendars[calendar] = Calendar.model_validate_json(said)
        promised = Promised(*policy, policies[policy], calendar[1], calendars[calendar])
        found[row["ticket_id"]] = promised, row["priority"]
    return found


async def add_told(tx: Transaction, told: Sequence[Told], now: datetime) -> set[Told]:
    """Keep what is told of clocks; returns what had not been told."""
    if not told:
        return set()
    rows = await tx.fetch(SQL["add_told"], *columns((*each, now) for each in told))
    return {(row["ticket_id"], row["metric"], row["cycle"], row["told"]) for row in rows}


def _kind(what: str, waits_for: str | None) -> Kind:
    match what:
        case "customer" | "agent":
            return "customer" if what == "customer" else "agent"
        case "pending":
            return "running" if waits_for == "internal" else "paused"
        case "reopened":
            return "reopened"
        case _:
            return _STEPS.get(what, "running")

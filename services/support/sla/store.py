"""The tables of promises, a typed function per statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from services.support.sla.domain.calendar import Calendar
from services.support.sla.domain.clock import Happened, Kind, Policy
from services.support.sla.domain.promise import Measurable, Promise, Rule, Told
from services.support.sla.schemas import CalendarVersion, Deadline, PolicyVersion
from shared.engine.transaction import Transaction
from shared.events.tickets import Priority, SlaApplied
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_STEPS: dict[str, Kind] = {
    "resolved": "resolved",
    "closed": "resolved",
    "merged": "ended",
    "spam": "ended",
    "reopened": "reopened",
}


async def load_calendars(tx: Transaction) -> dict[str, tuple[int, Calendar]]:
    """The newest version of each, with its number."""
    return {
        row["name"]: (row["version"], _calendar(row["definition"]))
        for row in await tx.fetch(SQL["load_newest"], ["calendar"])
    }


async def load_rules(tx: Transaction) -> dict[str, Rule]:
    """Every policy as it is today, with its calendar as it is today, by name."""
    rows = await tx.fetch(SQL["load_newest"], ["calendar", "policy"])
    calendars = {
        row["name"]: (row["version"], _calendar(row["definition"])) for row in rows if row["kind"] == "calendar"
    }
    policies = [(row["name"], row["version"], _policy(row["definition"])) for row in rows if row["kind"] == "policy"]
    return {name: Rule(name, version, policy, *calendars[policy.calendar]) for name, version, policy in policies}


async def list_policies(tx: Transaction) -> list[PolicyVersion]:
    rows = await tx.fetch(SQL["list_definitions"], "policy")
    return [PolicyVersion(**{**row, "definition": _policy(row["definition"])}) for row in rows]


async def list_calendars(tx: Transaction) -> list[CalendarVersion]:
    rows = await tx.fetch(SQL["list_definitions"], "calendar")
    return [CalendarVersion(**{**row, "definition": _calendar(row["definition"])}) for row in rows]


async def add_definition(
    tx: Transaction, name: str, definition: Policy | Calendar, source: Literal["file", "http"], now: datetime
) -> int | None:
    """The number of the new version; None where the newest says the same."""
    kind = "policy" if isinstance(definition, Policy) else "calendar"
    await tx.execute(SQL["lock_definition"], kind, name)
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


async def add_promises(tx: Transaction, promises: Sequence[tuple[Measurable, Rule, Priority, datetime]]) -> set[UUID]:
    """Returns the tickets to which nothing had been promised."""
    rows = [
        (
            ticket.id,
            rule.agreement_id,
            rule.name,
            rule.version,
            rule.policy.calendar,
            rule.calendar_version,
            priority,
            now,
        )
        for ticket, rule, priority, now in promises
    ]
    return {row["ticket_id"] for row in await tx.fetch(SQL["add_promises"], *columns(rows))} if rows else set()


async def save_priorities(tx: Transaction, priorities: Mapping[UUID, Priority]) -> None:
    if priorities:
        await tx.execute(SQL["save_priorities"], *columns(priorities.items()))


async def save_deadlines(tx: Transaction, deadlines: Mapping[UUID, datetime | None]) -> None:
    if deadlines:
        await tx.execute(SQL["save_deadlines"], *columns(deadlines.items()))


async def list_deadlines(tx: Transaction, after: tuple[datetime, UUID], limit: int) -> list[Deadline]:
    rows = await tx.fetch(SQL["list_deadlines"], *after, limit)
    return [Deadline.model_validate(dict(row)) for row in rows]


async def load_promises(tx: Transaction, tickets: Collection[UUID]) -> dict[UUID, Promise]:
    """What was promised of each ticket; one to which nothing is promised yet is left out."""
    return {ticket.id: promise for ticket, promise in await load_measured(tx, tickets)}


async def load_measured(tx: Transaction, tickets: Collection[UUID]) -> list[tuple[Measurable, Promise]]:
    """The same with what clocks need of the ticket, in the order of ids."""
    found = []
    for row in await tx.fetch(SQL["load_promises"], list(tickets)):
        policy, calendar = _policy(row["policy_definition"]), _calendar(row["calendar_definition"])
        rule = Rule(
            row["policy"], row["policy_version"], policy, row["calendar_version"], calendar, row["agreement_id"]
        )
        ticket = Measurable(row["id"], row["party_id"], row["request_event_id"], row["recorded_at"])
        found.append((ticket, Promise(rule, row["priority"], row["priority_now"])))
    return found


async def add_told(tx: Transaction, told: Sequence[tuple[Told, datetime]]) -> set[Told]:
    """Keep what is told of clocks, and when; returns what had not been told."""
    if not told:
        return set()
    rows = await tx.fetch(SQL["add_told"], *columns((*each, now) for each, now in told))
    return {(row["ticket_id"], row["metric"], row["cycle"], row["told"]) for row in rows}


async def take_back_promise(tx: Transaction, said: SlaApplied) -> None:
    await tx.execute(
        SQL["take_back_promise"],
        said.ticket_id,
        said.agreement_id,
        said.policy,
        said.policy_version,
        said.calendar,
        said.calendar_version,
        said.priority,
        said.recorded_at,
    )


async def take_back_told(tx: Transaction, told: Told, now: datetime) -> None:
    await tx.execute(SQL["take_back_told"], *told, now)


# A version never changes, so its text is read once; both are frozen.
@lru_cache(maxsize=256)
def _policy(definition: str) -> Policy:
    return Policy.model_validate_json(definition)


@lru_cache(maxsize=256)
def _calendar(definition: str) -> Calendar:
    return Calendar.model_validate_json(definition)


def _kind(what: str, waits_for: str | None) -> Kind:
    match what:
        case "customer" | "agent":
            return "customer" if what == "customer" else "agent"
        case "pending":
            return "running" if waits_for == "internal" else "paused"
        case _:
            return _STEPS.get(what, "running")

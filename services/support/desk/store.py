"""What agents read of tickets, a typed function per statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.support.desk.schemas import Customer, Entry, Follower, Step, TicketLine
from services.support.views.schemas import Filters
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketStatus
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_NO_CEILING = 2**63 - 1
_LAST_ID = UUID(int=2**128 - 1)
_STEPS = TypeAdapter(list[Step])
_FOLLOWERS = TypeAdapter(list[Follower])


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is shown; `request` is the first text of its thread, None where it was split off another. `steps`
    are those of the status machine, oldest first, `continued` the tickets that continue it; `is_joined` where others
    go on in it.
    """

    line: TicketLine
    customer: Customer
    steps: list[Step]
    continued: list[Follower]
    is_joined: bool
    request: Entry | None
    locale: str | None
    sku: str | None
    sale_id: str | None
    origin: str
    recorded_at: datetime
    merged_into: UUID | None
    split_from: UUID | None


@dataclass(frozen=True, slots=True)
class MergedTicket:
    id: UUID
    number: int
    request: Entry | None


async def list_tickets(
    tx: Transaction, below: int | None, limit: int, parties: Sequence[UUID] | None, status: str | None
) -> list[TicketLine]:
    """Tickets with a number below `below`, newest first; `parties` and `status` choose where they are given."""
    ceiling = _NO_CEILING if below is None else below
    if parties is not None:
        rows = await tx.fetch(SQL["list_tickets_of_parties"], ceiling, limit, parties, status)
    elif status is not None:
        rows = await tx.fetch(SQL["list_tickets_by_status"], ceiling, limit, status)
    else:
        rows = await tx.fetch(SQL["list_tickets"], ceiling, limit)
    return [TicketLine.model_validate(dict(row)) for row in rows]


async def list_tickets_of_view(
    tx: Transaction, below: int | None, limit: int, filters: Filters, reader: str | None
) -> list[TicketLine]:
    """Those that fit, newest first; `reader` is whose own tickets, or followed ones, are meant."""
    agents = [*filters.agents, *([reader] if filters.mine and reader is not None else [])] or None
    follower = reader if filters.followed else None
    values: tuple[object, ...] = (
        _NO_CEILING if below is None else below,
        limit,
        list(dict.fromkeys(filters.statuses)),
        *(list(each) or None for each in (filters.queues, filters.channels, filters.categories, filters.priorities)),
        filters.unassigned,
    )
    if agents is None and follower is None:
        rows = await tx.fetch(SQL["list_tickets_of_view"], *values)
    else:
        rows = await tx.fetch(SQL["list_tickets_of_agents"], *values, agents, follower)
    return [TicketLine.model_validate(dict(row)) for row in rows]


async def find_line(tx: Transaction, number: int) -> TicketLine | None:
    row = await tx.fetchrow(SQL["find_line"], number)
    return None if row is None else TicketLine.model_validate(dict(row))


async def count_waiting(tx: Transaction, parties: Sequence[UUID] | None) -> dict[TicketStatus, int]:
    """Tickets that are not done, by status; of these parties where any are given."""
    return {row["status"]: row["tickets"] for row in await tx.fetch(SQL["count_waiting"], parties)}


async def find_ticket(tx: Transaction, ticket_id: UUID) -> StoredTicket | None:
    row = await tx.fetchrow(SQL["find_ticket"], ticket_id)
    if row is None:
        return None
    return StoredTicket(
        line=TicketLine.model_validate(dict(row)),
        customer=Customer(
            party_id=row["party_id"],
            name=row["party_name"],
            locale=row["party_locale"],
            merged_into=row["party_merged_into"],
            erased=row["erased"],
        ),
        steps=_STEPS.validate_json(row["steps"]),
        continued=_FOLLOWERS.validate_json(row["continued"]),
        is_joined=row["is_joined"],
        request=_request(row),
        locale=row["locale"],
        sku=row["sku"],
        sale_id=row["sale_id"],
        origin=row["origin"],
        recorded_at=row["recorded_at"],
        merged_into=row["merged_into"],
        split_from=row["split_from"],
    )


async def find_merged_tickets(tx: Transaction, ticket_id: UUID) -> list[MergedTicket]:
    """Those that go on in this one, with their requests."""
    rows = await tx.fetch(SQL["find_merged_tickets"], ticket_id)
    return [MergedTicket(row["id"], row["number"], _request(row)) for row in rows]


async def find_replies(tx: Transaction, tickets: Sequence[UUID], before: UUID | None, limit: int) -> list[Entry]:
    """Replies, notes and messages of these tickets written before one of them, newest first."""
    return [
        Entry(
            id=row["id"],
            kind=row["kind"],
            author=row["author"],
            agent=row["agent"],
            at=row["written_at"],
            text=row["body"],
            subject=row["subject"],
            channel=row["channel"],
            request_event_id=row["message_event_id"],
            letter=row["outcome"],
        )
        for row in await tx.fetch(SQL["find_replies"], tickets, before or _LAST_ID, limit)
    ]


def _request(row: Any) -> Entry | None:
    """None where the ticket was split off another."""
    if row["request_event_id"] is None:
        return None
    return Entry(
        id=row["id"],
        kind="request",
        author="customer",
        agent=None,
        at=row["opened_at"],
        text=row["body"],
        subject=row["subject"],
        channel=row["channel"],
        request_event_id=row["request_event_id"],
    )

"""The tables of tickets, a typed function per statement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from services.support.letters.domain.letter import Correspondence
from services.support.tickets.domain.opening import Opening
from services.support.tickets.domain.threads import Joining, Thread
from services.support.tickets.domain.ticket import Changed, ReplyKind, Ticket
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.events.values import Channel
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class Written:
    """One reply, note or message as it is kept: `at` by its sender's clock, `recorded_at` when it was taken in."""

    id: UUID
    ticket_id: UUID
    kind: ReplyKind
    author: Literal["customer", "agent", "system"]
    agent: str | None
    body: str | None
    at: datetime
    recorded_at: datetime
    subject: str | None = None
    channel: Channel | None = None
    message_event_id: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class SplitTicket:
    """What a ticket that was split off another has of it."""

    number: int
    channel: Channel
    sku: str | None
    sale_id: str | None
    origin: str


async def find_known_requests(tx: Transaction, ids: Sequence[str]) -> set[str]:
    """Those that are tickets, or messages in one, already."""
    return {row["id"] for row in await tx.fetch(SQL["find_known_requests"], ids)}


async def load_references(tx: Transaction, threads: Iterable[Thread]) -> dict[Thread, UUID]:
    """The ticket that each thread belongs to, where there is one."""
    asked = sorted(set(threads))
    if not asked:
        return {}
    rows = await tx.fetch(SQL["load_references"], *columns(asked))
    return {(row["party_id"], row["reference"]): row["id"] for row in rows}


async def save_references(tx: Transaction, references: Mapping[Thread, UUID]) -> None:
    rows = [(*thread, ticket_id) for thread, ticket_id in references.items()]
    if rows:
        await tx.execute(SQL["save_references"], *columns(rows))


async def load_correspondence(tx: Transaction, ticket_id: UUID) -> Correspondence:
    row = await tx.fetchrow(SQL["load_correspondence"], ticket_id)
    return Correspondence(row["channel"], row["subject"], row["requests"] or [], row["follows"] or [])


async def draw_numbers(tx: Transaction, count: int) -> list[int]:
    """Rising, so that requests of one batch are numbered in their order."""
    return sorted(row["number"] for row in await tx.fetch(SQL["draw_numbers"], count))


async def add_tickets(tx: Transaction, openings: Sequence[Opening]) -> set[UUID]:
    """Store new tickets and return their ids; one that stands already is left as it is."""
    rows = [_row(opening) for opening in openings]
    return {row["id"] for row in await tx.fetch(SQL["add_tickets"], *columns(rows))}


async def complete_tickets(tx: Transaction, openings: Sequence[Opening]) -> None:
    """Give tickets that were taken back from the topic what only their requests tell."""
    given = columns(_row(opening) for opening in openings)
    await tx.execute(SQL["complete_tickets"], *(given[place] for place in (0, 5, 6, 7, 8, 9, 12)))


async def take_back_ticket(tx: Transaction, opened: TicketOpened, opened_at: datetime) -> None:
    await tx.execute(
        SQL["take_back_ticket"],
        opened.ticket_id,
        opened.number,
        opened.party_id,
        opened.request_event_id,
        opened.channel,
        opened.sku,
        opened.sale_id,
        opened.follows,
        opened_at,
        opened.recorded_at,
        opened.split_from,
    )


async def take_back_reply(tx: Transaction, written: Written) -> None:
    await tx.execute(
        SQL["take_back_reply"],
        written.ticket_id,
        written.id,
        written.kind,
        written.author,
        written.agent,
        written.channel,
        written.message_event_id,
        written.at,
        written.recorded_at,
    )


async def take_back_merge(tx: Transaction, ticket_id: UUID, into: UUID | None) -> None:
    await tx.execute(SQL["take_back_merge"], ticket_id, into)


async def take_back_status(tx: Transaction, changed: TicketStatusChanged) -> None:
    await tx.execute(
        SQL["take_back_status"],
        changed.ticket_id,
        changed.version,
        changed.previous,
        changed.status,
        changed.agent,
        changed.recorded_at,
        changed.waits_for,
        changed.until,
    )


async def continue_numbers(tx: Transaction) -> None:
    await tx.execute(SQL["continue_numbers"])


async def forget_ticket_texts(tx: Transaction, party_id: UUID) -> int:
    """Returns how many tickets had a text. Of what messages are known by only a hash stays."""
    await tx.execute(SQL["forget_names"], party_id)
    return _count(await tx.execute(SQL["forget_ticket_texts"], party_id))


async def find_tickets_of(tx: Transaction, parties: Collection[UUID]) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(SQL["find_tickets_of"], sorted(parties))]


async def forget_reply_texts(tx: Transaction, party_id: UUID) -> int:
    """Returns how many replies and notes had a text."""
    return _count(await tx.execute(SQL["forget_reply_texts"], party_id))


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])


async def find_party_of_ticket(tx: Transaction, ticket_id: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval(SQL["find_party_of_ticket"], ticket_id)
    return found


async def find_parties_of_tickets(tx: Transaction, ids: Collection[UUID]) -> list[UUID]:
    return [row["party_id"] for row in await tx.fetch(SQL["find_parties_of_tickets"], list(ids))] if ids else []


async def lock_tickets(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, tuple[int, Ticket]]:
    """Tickets that are there, with their numbers; their parties are locked by the caller."""
    found: dict[UUID, tuple[int, Ticket]] = {}
    for row in await tx.fetch(SQL["lock_tickets"], list(ids)) if ids else ():
        values = dict(row)
        number = values.pop("number")
        found[values["id"]] = (number, Ticket(**values))
    return found


async def save_changes(tx: Transaction, changes: Sequence[Changed], now: datetime) -> None:
    """Store the tickets as acts left them, the last of each, and the steps of those whose status moved."""
    latest = {changed.ticket.id: changed.ticket for changed in changes}
    rows = [
        (each.id, each.status, each.version, each.waits_for, each.until, each.settled_at, each.merged_into, now)
        for each in sorted(latest.values(), key=lambda ticket: ticket.id)
    ]
    steps = [
        (
            each.ticket.id,
            each.ticket.version,
            each.step.previous,
            each.step.status,
            each.step.agent,
            now,
            each.ticket.waits_for,
        )
        for each in changes
        if each.step is not None
    ]
    if rows:
        await tx.execute(SQL["save_tickets"], *columns(rows))
    if steps:
        await tx.execute(SQL["add_status_changes"], *columns(steps))


async def add_replies(tx: Transaction, written: Sequence[Written]) -> None:
    rows = [
        (
            each.id,
            each.ticket_id,
            each.kind,
            each.author,
            each.agent,
            each.subject,
            each.body,
            each.channel,
            each.message_event_id,
            each.reference,
            each.at,
            each.recorded_at,
        )
        for each in written
    ]
    if rows:
        await tx.execute(SQL["add_replies"], *columns(rows))


def message_of(joining: Joining) -> Written:
    """The row of a message that joins a ticket."""
    event = joining.event
    return Written(
        id=joining.reply_id,
        ticket_id=joining.changed.ticket.id,
        kind="reply",
        author="customer",
        agent=None,
        body=joining.body,
        at=event.time,
        recorded_at=event.now,
        subject=joining.subject,
        channel=event.data.channel,
        message_event_id=event.id,
        reference=joining.reference,
    )


async def complete_messages(tx: Transaction, again: Sequence[Opening]) -> None:
    """Give messages that were taken back from the topic their texts."""
    rows = [(each.event.id, each.subject, each.body, each.thread) for each in again]
    await tx.execute(SQL["complete_messages"], *columns(rows))


async def complete_references(tx: Transaction, again: Sequence[Opening]) -> None:
    rows = [(each.event.id, each.event.data.party_id, each.thread) for each in again]
    await tx.execute(SQL["complete_references"], *columns(rows))


async def find_own_replies(tx: Transaction, ticket_id: UUID, ids: Collection[UUID]) -> dict[UUID, str | None]:
    """The subjects of those of these replies that are the ticket's own, in order."""
    rows = await tx.fetch(SQL["find_own_replies"], ticket_id, list(ids))
    return {row["id"]: row["subject"] for row in rows}


async def add_split_ticket(
    tx: Transaction, ticket_id: UUID, into: UUID, subject: str | None, now: datetime
) -> SplitTicket:
    return SplitTicket(**await tx.fetchrow(SQL["add_split_ticket"], ticket_id, into, subject, now))


async def move_replies(tx: Transaction, ticket_id: UUID, into: UUID, replies: Collection[UUID]) -> None:
    await tx.execute(SQL["move_replies"], ticket_id, into, list(replies))


def _row(opening: Opening) -> tuple[object, ...]:
    event, request = opening.event, opening.event.data
    return (
        opening.id,
        opening.number,
        request.party_id,
        event.id,
        request.channel,
        opening.subject,
        opening.body,
        opening.locale,
        opening.thread,
        opening.in_reply_to,
        opening.sku,
        opening.sale_id,
        request.origin,
        opening.follows,
        event.time,
        opening.recorded_at,
    )

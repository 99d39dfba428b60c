"""The tables of the projection `contacts.timeline`; the connection's search path says which version of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.contacts.timeline.domain import Line, Message, Ticket, Total
from shared.engine.months import Months
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

_LATEST, _AHEAD = datetime(9999, 12, 30, tzinfo=UTC), timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
SQL = load_queries(Path(__file__).with_name("queries.sql"))


class Place(NamedTuple):
    """Where a line stands in its party's timeline."""

    occurred_at: datetime
    recorded_at: datetime
    event_id: str


class EventPlace(NamedTuple):
    """The topic is the one that has this type."""

    type: str
    partition: int
    offset: int


class StoredLine(NamedTuple):
    """A line as JSON that Postgres built, and its place."""

    place: Place
    body: str


async def add_lines(tx: Transaction, lines: Iterable[Line]) -> None:
    """Append; the engine hands over every event once."""
    await tx.copy("line", Line._fields, lines)


async def add_totals(tx: Transaction, totals: Mapping[tuple[UUID, str], Total]) -> None:
    rows = sorted(
        (*key, t.sales, t.paid, t.refunds, t.refunded, t.first_sale_at, t.last_sale_at) for key, t in totals.items()
    )
    await _save(tx, "add_totals", rows)


async def save_messages(tx: Transaction, messages: Mapping[UUID, Message]) -> None:
    await _save(tx, "save_messages", sorted(messages.values(), key=lambda message: message[:2]))


async def save_tickets(tx: Transaction, tickets: Mapping[UUID, Ticket]) -> None:
    await _save(tx, "save_tickets", sorted(tickets.values(), key=lambda ticket: ticket[:2]))


class Sought(NamedTuple):
    """Lines before a place (None: from the newest on), of these types (None: of all), as they were known at `as_of`
    (None: now).
    """

    before: Place | None
    types: Sequence[str] | None
    limit: int
    as_of: datetime | None = None

    @property
    def beginning(self) -> Place:
        """Nothing happens more than a day after it was recorded, so newer lines need not be passed over."""
        latest = min(self.as_of, _LATEST) + _AHEAD if self.as_of else _LATEST
        return self.before or Place(latest, latest, "")


async def load_lines(tx: Transaction, months: Months, family: Sequence[UUID], sought: Sought) -> list[StoredLine]:
    """Newest first, of a party and those merged into it."""
    first, end = await months.bounds(tx)
    bounds = first, min(end, min(sought.as_of, _LATEST) + _INSTANT if sought.as_of else end)
    return [
        StoredLine(Place(row["occurred_at"], row["recorded_at"], row["event_id"]), row["body"])
        for row in await tx.fetch(SQL["load_lines"], family, *bounds, *sought.beginning, sought.types, sought.limit)
    ]


async def find_event(tx: Transaction, months: Months, event_id: UUID) -> EventPlace | None:
    """Where the log holds the event of a line."""
    row = await tx.fetchrow(SQL["find_event"], str(event_id), *await months.bounds(tx))
    return None if row is None else EventPlace(*row)


async def _save(tx: Transaction, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    if lists := columns(rows):
        await tx.execute(SQL[statement], *lists)

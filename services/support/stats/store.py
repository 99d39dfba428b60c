"""Rows, sums and warnings, a typed function per statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from services.support.stats.domain.counting import STANDING, Mark, Place, Row
from services.support.stats.domain.warning import About, Level, Warned
from services.support.stats.schemas import By, DeskWarning
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_MARKS = TypeAdapter(tuple[Mark, ...])
_WORDS = TypeAdapter(tuple[str, ...])


class Sum(NamedTuple):
    """Tickets and seconds of one measure and bucket under a key."""

    key: str
    measure: str
    bucket: int
    tickets: int
    seconds: int


class Asked(NamedTuple):
    """Which figures are asked for; None is all."""

    since: date
    until: date
    by: By | None
    queue: str | None
    agent: str | None
    category: str | None
    channel: str | None


class QueueLevel(NamedTuple):
    queue: str
    open: int
    short: int
    grown: int


async def lock_rows(tx: Transaction, tickets: Collection[UUID]) -> dict[UUID, Row]:
    """Of each ticket what was counted of it, nothing for one that is new."""
    found = {ticket: Row(ticket) for ticket in tickets}
    for row in await tx.fetch(SQL["lock_rows"], sorted(tickets)):
        values = dict(row)
        warned, marks = tuple(values.pop("warned")), _MARKS.validate_json(values.pop("marks"))
        found[values["ticket_id"]] = Row(**values, warned=warned, marks=marks)
    return found


async def save_rows(tx: Transaction, rows: Collection[Row]) -> None:
    await tx.execute(SQL["save_rows"], *columns(map(_stored, rows)))


def _stored(row: Row) -> tuple[object, ...]:
    return (
        row.ticket_id,
        row.told_offset,
        row.opened_at,
        row.channel,
        row.sku,
        row.queue,
        row.agent,
        row.category,
        row.status,
        row.answered_at,
        row.answered_by,
        row.resolved_at,
        row.resolved_by,
        row.rating,
        row.rated_at,
        row.rated_agent,
        _WORDS.dump_json(row.warned).decode(),
        _MARKS.dump_json(row.marks).decode(),
    )


async def add_to_sums(tx: Transaction, changes: Mapping[Place, tuple[int, int]]) -> None:
    if changes:
        await tx.execute(SQL["add_to_sums"], *columns((*place, *change) for place, change in changes.items()))


async def add_to_products(tx: Transaction, changes: Mapping[tuple[date, str, str], int]) -> None:
    if changes:
        await tx.execute(SQL["add_to_products"], *columns((*place, more) for place, more in changes.items()))


async def load_sums(tx: Transaction, asked: Asked) -> list[Sum]:
    return [Sum(**row) for row in await tx.fetch(SQL["load_sums"], *asked, STANDING)]


async def load_queue_levels(tx: Transaction, queues: Collection[str], since: date) -> list[QueueLevel]:
    return [QueueLevel(**row) for row in await tx.fetch(SQL["load_queue_levels"], sorted(queues), since, STANDING)]


async def load_product_levels(
    tx: Transaction, products: Sequence[tuple[str, str]], since: date, usual_since: date
) -> dict[tuple[str, str], tuple[int, int]]:
    """Of each product and category, how many tickets there were since a day, and how many in the days before."""
    if not products:
        return {}
    rows = await tx.fetch(SQL["load_product_levels"], *columns(products), since, usual_since)
    return {(row["sku"], row["category"]): (row["now"], row["before"]) for row in rows}


async def add_warning(tx: Transaction, warned: Warned) -> bool:
    """False where one about the same stands open."""
    return await tx.fetchval(SQL["add_warning"], *_told(warned)) is not None


async def take_back_warning(tx: Transaction, warned: Warned) -> None:
    await tx.execute(SQL["take_back_warning"], *_told(warned))


async def lock_warnings(tx: Transaction, about: Collection[About]) -> dict[About, Warned]:
    """The open warnings of these."""
    rows = await tx.fetch(SQL["lock_warnings"], *columns(sorted(about))) if about else ()
    return {each.about: each for each in map(_warned, rows)}


async def find_warnings(tx: Transaction, ids: Collection[UUID]) -> list[Warned]:
    """Those that are open."""
    return [_warned(row) for row in await tx.fetch(SQL["find_warnings"], sorted(ids))]


async def lock_open_warnings(tx: Transaction, ids: Collection[UUID]) -> None:
    await tx.execute(SQL["lock_open_warnings"], sorted(ids))


async def clear_warning(tx: Transaction, warning_id: UUID, now: datetime) -> None:
    await tx.execute(SQL["clear_warning"], warning_id, now)


async def list_warnings(
    tx: Transaction, before: tuple[datetime, UUID], limit: int, *, cleared: bool
) -> list[DeskWarning]:
    rows = await tx.fetch(SQL["list_warnings"], *before, cleared, limit)
    return [DeskWarning.model_validate(dict(row)) for row in rows]


def _told(warned: Warned) -> tuple[object, ...]:
    return (warned.id, *warned.about, *warned.level, warned.raised_at)


def _warned(row: Any) -> Warned:
    return Warned(
        row["id"],
        About(row["kind"], row["about"], row["category"]),
        Level(row["observed"], row["usual"]),
        row["raised_at"],
        row["cleared_at"],
    )

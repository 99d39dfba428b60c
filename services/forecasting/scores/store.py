"""The tables of purchase days and scores, a typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.forecasting.scores.domain.churn import WINDOWS
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.packed import COLUMNS, Packed
from services.forecasting.scores.domain.purchases import PurchaseKey, Spent
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import Published, Score
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries, numbers

SQL = load_queries(Path(__file__).with_name("queries.sql"))


class Purchases(NamedTuple):
    """What one party bought: ever, with which gaps in the year, and for how much in the year."""

    history: History
    rhythm: Rhythm | None
    spent: Spent


async def add_purchases(tx: Transaction, sums: Mapping[PurchaseKey, Sequence[int]]) -> None:
    if sums:
        keys = sorted(sums)
        added = zip(*(sums[key] for key in keys), strict=True)
        await tx.execute(SQL["add_purchases"], *columns(keys), *map(numbers, added))


async def load_page(tx: Transaction, after: UUID, cut: date, size: int) -> list[tuple[UUID, History | None]]:
    """The next parties by id, each with its purchase days before the cut, None without any."""
    rows = await tx.fetch(SQL["load_page"], after, cut, size)
    return [(row["party_id"], _history(row) if row["days"] else None) for row in rows]


async def load_came(tx: Transaction, cut: date, most: int) -> Packed:
    """Histories at the cut, and on how many of the 28 days from it on something was bought."""
    row = await tx.fetchrow(SQL["load_came"], cut, most)
    return Packed([row[name] or b"" for name in COLUMNS])


async def load_purchases(tx: Transaction, party_ids: Sequence[UUID], until: date) -> Purchases | None:
    """Of a party, under all its ids, up to and with `until`; None where it bought nothing."""
    row = await tx.fetchrow(SQL["load_purchases"], party_ids, until)
    if row is None:
        return None
    rhythm = Rhythm(row["gaps"], row["mean"], row["variance"]) if row["gaps"] else None
    spent = Spent(row["in_year"], row["currency"], row["amount"]) if row["in_year"] else Spent()
    return Purchases(_history(row), rhythm, spent)


async def load_rhythms(tx: Transaction, parties: Sequence[UUID], cut: date) -> dict[UUID, Rhythm]:
    """Of those who came back in the year before the cut."""
    rows = await tx.fetch(SQL["load_rhythms"], parties, cut)
    return {row["party_id"]: Rhythm(row["gaps"], row["mean"], row["variance"]) for row in rows}


async def load_spent(tx: Transaction, parties: Sequence[UUID], begin: date, until: date) -> dict[UUID, Spent]:
    """What each bought within [begin, until), where it did."""
    rows = await tx.fetch(SQL["load_spent"], parties, begin, until)
    return {row["party_id"]: Spent(row["days"], row["currency"], row["amount"]) for row in rows}


async def measure_fifths(tx: Transaction, begin: date, until: date, least: int) -> tuple[dict[str, list[float]], int]:
    """The four bounds of fifths by input, of money by currency where so many spent in it; how many parties bought."""
    rows = await tx.fetch(SQL["measure_fifths"], begin, until, least)
    return {row["input"]: row["bounds"] for row in rows}, max((row["parties"] for row in rows), default=0)


async def find_purchases(tx: Transaction, asked: Mapping[UUID, tuple[UUID, date]]) -> dict[UUID, date]:
    """By the id that each asks under: party, and the day from which on."""
    rows = columns((name, *one) for name, one in asked.items())
    found = await tx.fetch(SQL["find_purchases"], *rows) if rows else []
    return {row["name"]: row["first"] for row in found}


async def load_published(tx: Transaction, parties: Sequence[UUID]) -> dict[tuple[UUID, str], Published]:
    """Scores as last published, by party and score; locked."""
    rows = await tx.fetch(SQL["load_scores"], parties)
    return {(row["party_id"], row["score"]): Published(row["value"], row["band"], row["as_of"]) for row in rows}


async def save_scores(tx: Transaction, scores: Sequence[Score], as_of: date) -> None:
    rows = sorted((score.party_id, score.name, score.value, score.band, as_of) for score in scores)
    if rows:
        await tx.execute(SQL["save_scores"], *columns(rows))


def _history(row: Mapping[str, Any]) -> History:
    recent = tuple(row[f"in_{days}"] for days in WINDOWS)
    return History(row["first"], row["last"], row["days"], recent)

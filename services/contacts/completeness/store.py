"""How far parties have been scored, and who lacks what, in Postgres."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from services.contacts.completeness.domain import Assessment
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_BEYOND = UUID(int=2**128 - 1)
_MOST = 2**63 - 1


class Incomplete(NamedTuple):
    """A party in the list, with what it bought; `worth` is what is missing by what was bought."""

    party_id: UUID
    assessment: Assessment
    currency: str | None = None
    net: int = 0
    worth: int = 0


async def save_scores(tx: Transaction, scores: Mapping[UUID, Assessment]) -> None:
    rows = [(party_id, each.score, ",".join(each.missing)) for party_id, each in sorted(scores.items())]
    if rows:
        await tx.execute(SQL["save_scores"], *columns(rows))


async def save_gone(tx: Transaction, gone: Mapping[UUID, bool]) -> None:
    """Which of these parties are in no list any more, and which are again."""
    if gone:
        await tx.execute(SQL["save_gone"], *columns(sorted(gone.items())))


async def save_lacking(tx: Transaction, party_ids: Iterable[UUID]) -> None:
    """Copy what is missing of these parties to what they bought."""
    await tx.execute(SQL["save_lacking"], sorted(party_ids))


async def list_buyers(
    tx: Transaction, currency: str | None, after: tuple[int, UUID] | None, limit: int
) -> list[Incomplete]:
    """The worst first."""
    rows = await tx.fetch(SQL["list_buyers"], currency, *(after or (_MOST, _BEYOND)), limit)
    return [
        Incomplete(
            row["party_id"], Assessment(row["score"], row["missing"]), row["currency"], int(row["net"]), row["worth"]
        )
        for row in rows
    ]


async def list_others(tx: Transaction, after: tuple[int, UUID] | None, limit: int) -> list[Incomplete]:
    """The least known first."""
    rows = await tx.fetch(SQL["list_others"], *(after or (-1, _BEYOND)), limit)
    return [Incomplete(row["party_id"], Assessment(row["score"], row["missing"])) for row in rows]

"""Lots, accounts and the ledger of points, a typed function per statement."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.loyalty import schemas
from services.marketing.loyalty.domain.lots import Account, Entry, Key, Lot
from services.marketing.loyalty.domain.programme import Programme
from services.marketing.loyalty.domain.rating import PaidBack, Sold, SoldLine
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


@lru_cache(maxsize=100)
def _programme(text: str) -> Programme:
    return Programme.model_validate_json(text)


async def add_programme(tx: Transaction, programme: Programme, at: datetime) -> None:
    await tx.execute(SQL["add_programme"], programme.hash, programme.text(), at)


async def load_programmes(tx: Transaction, hashes: Collection[str]) -> dict[str, Programme]:
    rows = await tx.fetch(SQL["load_programmes"], sorted(hashes))
    return {row["hash"]: _programme(row["definition"]) for row in rows}


async def lock_accounts(tx: Transaction, parties: Collection[UUID], sales: Collection[Key] = ()) -> dict[UUID, Account]:
    """Of these parties, and of those whose the sales are."""
    keys = sorted(sales)
    origins, ids = [origin for origin, _ in keys], [sale_id for _, sale_id in keys]
    return _accounts(await tx.fetch(SQL["lock_accounts"], sorted(parties), origins, ids))


async def load_accounts(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, Account]:
    """Of parties that may have none."""
    return _accounts(await tx.fetch(SQL["load_accounts"], sorted(parties)))


def _accounts(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, Account]:
    found = {}
    for row in rows:
        last = (row["last_sold_at"], row["last_origin"], row["last_sale_id"]) if row["last_sold_at"] else None
        found[row["party_id"]] = Account(
            row["party_id"], row["balance"], row["debt"], row["qualifying"], row["tier"], row["bought"], last
        )
    return found


async def load_lots_of_sales(tx: Transaction, sales: Collection[Key]) -> list[Lot]:
    keys = sorted(sales)
    rows = await tx.fetch(SQL["load_lots_of_sales"], [origin for origin, _ in keys], [sale_id for _, sale_id in keys])
    return list(map(_lot, rows))


async def load_lots_since(tx: Transaction, since: Mapping[UUID, datetime]) -> list[Lot]:
    """Of each party those that were sold from a time on, and those of which something is left."""
    return list(map(_lot, await tx.fetch(SQL["load_lots_since"], list(since), list(since.values()))))


async def load_lots(tx: Transaction, ids: Collection[UUID]) -> list[Lot]:
    """Those of them that have not expired."""
    return list(map(_lot, await tx.fetch(SQL["load_lots"], sorted(ids))))


def _lot(row: Mapping[str, Any]) -> Lot:
    sold = json.loads(row["sold"]) if row["sold"] else None
    return Lot(
        **{
            **row,
            "sold": sold and Sold(sold["currency"], sold["minor"], tuple(map(_line, sold["lines"]))),
            "paid_back": tuple(map(_paid_back, json.loads(row["paid_back"]))),
        }
    )


def _line(line: Mapping[str, Any]) -> SoldLine:
    return SoldLine(line["sku"], line["quantity"], line["minor"], tuple(line["rules"]))


def _paid_back(refund: Mapping[str, Any]) -> PaidBack:
    lines = tuple((sku, quantity) for sku, quantity in refund["lines"])
    return PaidBack(refund["event_id"], refund["currency"], refund["minor"], lines)


async def save_accounts(tx: Transaction, accounts: Sequence[Account]) -> None:
    rows = [
        (a.party_id, a.balance, a.debt, a.qualifying, a.tier, a.bought, *(a.last or (None, None, None)))
        for a in accounts
    ]
    if rows:
        await tx.execute(SQL["save_accounts"], *columns(rows))


async def save_lots(tx: Transaction, lots: Iterable[Lot]) -> None:
    rows = [
        (
            lot.id,
            lot.party_id,
            lot.partition,
            lot.origin,
            lot.sale_id,
            lot.sold_at,
            lot.revision,
            None if lot.sold is None else json.dumps(asdict(lot.sold)),
            json.dumps([asdict(refund) for refund in lot.paid_back]),
            lot.programme_hash,
            lot.expires_at,
            lot.expired,
            lot.base,
            lot.counts,
            lot.before,
            lot.bought_before,
            lot.granted,
            lot.spent,
        )
        for lot in lots
    ]
    if rows:
        await tx.execute(SQL["save_lots"], *columns(rows))


async def add_entries(tx: Transaction, entries: Iterable[Entry]) -> None:
    rows = [(e.id, e.party_id, e.kind, e.points, e.recorded_at, e.lot_id, e.redemption_id, e.cause) for e in entries]
    if rows:
        await tx.execute(SQL["add_entries"], *columns(rows))


async def find_entries(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Which of these stand."""
    return {row["id"] for row in await tx.fetch(SQL["find_entries"], sorted(ids))}


async def list_entries(
    tx: Transaction, parties: Sequence[UUID], after: tuple[datetime, UUID] | None, limit: int
) -> list[schemas.StatementLine]:
    rows = await tx.fetch(SQL["list_entries"], parties, *(after or (None, None)), limit)
    return [schemas.StatementLine(**row) for row in rows]


async def load_expiring(tx: Transaction, parties: Sequence[UUID], most: int) -> list[schemas.Expiring]:
    return [schemas.Expiring(**row) for row in await tx.fetch(SQL["load_expiring"], parties, most)]

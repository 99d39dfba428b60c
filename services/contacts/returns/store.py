"""Revised sales and refunds of the projection `contacts.timeline`, and the totals that they correct."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from services.contacts.returns.domain import PaidBack, Revised, SaleKey
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def load_void_refunds(tx: Transaction, sales: Sequence[SaleKey]) -> dict[tuple[UUID, str], PaidBack]:
    """By party and currency, what was paid back of those of these sales that are cancelled."""
    rows = await tx.fetch(SQL["load_void_refunds"], *columns(sales))
    return {(row["party_id"], row["currency"]): PaidBack(row["refunds"], int(row["minor"])) for row in rows}


async def save_revised(tx: Transaction, revised: Mapping[SaleKey, Revised]) -> None:
    if rows := [(*key, *each) for key, each in sorted(revised.items())]:
        await tx.execute(SQL["save_revised"], *columns(rows))


async def add_refunds(tx: Transaction, refunds: Mapping[tuple[SaleKey, str], PaidBack]) -> None:
    if rows := [(*sale, currency, *each) for (sale, currency), each in sorted(refunds.items())]:
        await tx.execute(SQL["add_refunds"], *columns(rows))


async def take_off_refunds(tx: Transaction, void: Mapping[tuple[UUID, str], PaidBack]) -> None:
    """What counts for nothing from now on."""
    if rows := [(*key, *each) for key, each in sorted(void.items())]:
        await tx.execute(SQL["take_off_refunds"], *columns(rows))


async def correct_times(tx: Transaction, party_ids: Collection[UUID]) -> None:
    """When these parties bought first and last, by the sales that stand."""
    if party_ids:
        await tx.execute(SQL["correct_times"], sorted(party_ids))

"""Moves of identities, in Postgres."""

from collections.abc import Collection
from dataclasses import astuple
from pathlib import Path
from typing import Any
from uuid import UUID

from services.contacts.moves.domain import Move
from services.contacts.moves.schemas import MoveView
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_move(tx: Transaction, move: Move) -> None:
    await tx.execute(SQL["add_move"], *astuple(move))


async def take_back_move(tx: Transaction, move: Move) -> None:
    """As `add_move`, where it does not stand yet."""
    await tx.execute(SQL["take_back_move"], *astuple(move))


async def forget_reasons(tx: Transaction, party_ids: Collection[UUID]) -> int:
    """Why identities of these parties moved; returns of how many moves that was written."""
    return int((await tx.execute(SQL["forget_reasons"], list(party_ids))).rpartition(" ")[2])


async def find_homes(tx: Transaction, identity_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By identity, the party to which its newest move brought it."""
    rows = await tx.fetch(SQL["find_homes"], list(identity_ids))
    return {row["identity_id"]: row["to_party_id"] for row in rows}


async def load_move(tx: Transaction, move_id: UUID) -> MoveView | None:
    row: Any = await tx.fetchrow(SQL["load_move"], move_id)
    return None if row is None else MoveView.model_validate(dict(row))


async def lock_move(tx: Transaction, move_id: UUID) -> MoveView | None:
    """The move, which nobody else undoes until the transaction ends."""
    await tx.execute(SQL["lock_move"], move_id)
    return await load_move(tx, move_id)

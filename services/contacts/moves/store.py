"""Moves of identities, in Postgres."""

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


async def load_move(tx: Transaction, move_id: UUID) -> MoveView | None:
    row: Any = await tx.fetchrow(SQL["load_move"], move_id)
    return None if row is None else MoveView.model_validate(dict(row))


async def lock_move(tx: Transaction, move_id: UUID) -> MoveView | None:
    """The move, which nobody else undoes until the transaction ends."""
    await tx.execute(SQL["lock_move"], move_id)
    return await load_move(tx, move_id)

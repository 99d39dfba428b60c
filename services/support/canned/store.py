"""Replies that are kept for use again, a typed function per statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_json

from services.support.canned.schemas import CannedReply
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_TEXTS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class Known:
    version: int
    removed: bool


@dataclass(frozen=True, slots=True)
class Values:
    """What a ticket and its own customer tell: values by placeholder, and in which languages they may be answered."""

    values: Mapping[str, str | None]
    languages: tuple[str | None, ...]


async def lock_reply(tx: Transaction, name: str) -> Known | None:
    row = await tx.fetchrow(SQL["lock_reply"], name)
    return None if row is None else Known(**row)


async def add_reply(tx: Transaction, name: str, texts: Mapping[str, str], agent: str, now: datetime) -> bool:
    """False where the name is known."""
    return await tx.fetchval(SQL["add_reply"], name, to_json(texts).decode(), agent, now) is not None


async def save_reply(tx: Transaction, name: str, texts: Mapping[str, str], agent: str, now: datetime) -> None:
    await tx.execute(SQL["save_reply"], name, to_json(texts).decode(), agent, now)


async def remove_reply(tx: Transaction, name: str, now: datetime) -> None:
    await tx.execute(SQL["remove_reply"], name, now)


async def find_reply(tx: Transaction, name: str) -> CannedReply | None:
    row = await tx.fetchrow(SQL["find_reply"], name)
    return None if row is None else _reply(row)


async def list_replies(tx: Transaction, after: str, limit: int) -> list[CannedReply]:
    return [_reply(row) for row in await tx.fetch(SQL["list_replies"], after, limit)]


async def find_values(tx: Transaction, ticket_id: UUID) -> Values | None:
    """None where no ticket has this id."""
    row = await tx.fetchrow(SQL["find_values"], ticket_id)
    if row is None:
        return None
    values = {
        "customer.name": row["name"],
        "ticket.number": str(row["number"]),
        "ticket.subject": row["subject"],
        "ticket.sku": row["sku"],
        "ticket.sale_id": row["sale_id"],
    }
    return Values(values, (row["language"], row["ticket_locale"], row["party_locale"]))


def _reply(row: Any) -> CannedReply:
    return CannedReply.model_validate({**row, "texts": _TEXTS.validate_json(row["texts"])})

"""What a capability's comparison needs: what is expected, what can be read, and the statements that read it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from demo.oracle.campaigns import Campaign, Message, MessageKey
from demo.oracle.ledger import Ledger
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
Rows = Mapping[Any, Any]


class Databases(Protocol):
    """The services' databases, read-only."""

    async def rows(self, service: str, statement: str, *args: object) -> list[Any]: ...


class Expected(NamedTuple):
    """The ledger, and what the campaigns make of it."""

    ledger: Ledger
    messages: Mapping[MessageKey, Message]
    campaigns: Sequence[Campaign]


Read = Callable[[Databases, Expected], Awaitable[tuple[Rows, Rows]]]
"""Gives the rows that must stand and the rows that do, by the same natural keys."""


async def customers(databases: Databases) -> dict[UUID, str]:
    rows = await databases.rows("contacts", SQL["load_customers"])
    return {row["party_id"]: row["customer"] for row in rows}


def about_row(row: Any) -> str:
    """What a row is about, in the words of `ledger.about`."""
    return " ".join(row[name] for name in ("sale_id", "sku", "channel") if row[name])

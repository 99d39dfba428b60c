"""The copies of products and of merges, a typed function per statement."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from pydantic_core import to_json

from services.forecasting.copies.domain import Family, Product
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_products(tx: Transaction, products: Sequence[Product]) -> None:
    if products:
        rows = [(product.sku, product.name, to_json(product.category).decode()) for product in products]
        await tx.execute(SQL["save_products"], *columns(rows))


async def forget_products(tx: Transaction, skus: Sequence[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_products"], skus)


async def save_aliases(tx: Transaction, rows: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Party, the one that it goes on as, and the merge."""
    if rows:
        await tx.execute(SQL["save_aliases"], *columns(sorted(rows)))


async def forget_aliases(tx: Transaction, rows: Sequence[tuple[UUID, UUID]]) -> None:
    """Party, and the merge that was undone."""
    if rows:
        await tx.execute(SQL["forget_aliases"], *columns(sorted(rows)))


async def find_family(tx: Transaction, party_id: UUID) -> Family:
    rows = await tx.fetch(SQL["find_family"], party_id)
    return Family(rows[0]["id"], tuple(row["id"] for row in rows))

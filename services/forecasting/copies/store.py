"""The copies of products and of merges, a typed function per statement."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from pydantic_core import to_json

from services.forecasting.copies.domain import Family, Product
from shared.engine.transaction import Transaction
from shared.events.money import Money
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_products(tx: Transaction, products: Sequence[Product]) -> None:
    if products:
        await tx.execute(SQL["save_products"], *columns(map(_row, products)))


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


async def load_products(tx: Transaction, skus: Sequence[str]) -> list[Product]:
    """Those of the SKUs that are described, by SKU."""
    return [
        Product(
            row["sku"],
            row["name"],
            tuple(row["category"]),
            _money(row["price"], row["price_currency"]),
            _money(row["cost"], row["cost_currency"]),
            row["stock"],
            row["lead_time_days"],
            row["described_on"],
        )
        for row in await tx.fetch(SQL["load_products"], skus)
    ]


async def find_family(tx: Transaction, party_id: UUID) -> Family:
    rows = await tx.fetch(SQL["find_family"], party_id)
    return Family(rows[0]["id"], tuple(row["id"] for row in rows))


def _row(product: Product) -> tuple[object, ...]:
    price, cost = product.price, product.cost
    return (
        product.sku,
        product.name,
        to_json(product.category).decode(),
        price and price.minor,
        price and price.currency,
        cost and cost.minor,
        cost and cost.currency,
        product.stock,
        product.lead_time_days,
        product.described_on,
    )


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor=minor, currency=currency)

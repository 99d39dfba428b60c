"""The table of product copies, a typed function per statement."""

from collections.abc import Sequence
from pathlib import Path

from pydantic_core import to_json

from services.forecasting.copies.domain import Product
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

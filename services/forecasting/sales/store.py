"""The tables of sales and refunds, a typed function per statement. Rows go in sorted by key."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic_core import to_json

from services.forecasting.sales.domain import BasketKey, Group, Refund, Sale
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries, numbers

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_sold(tx: Transaction, sold: Mapping[Group, Mapping[str, Sequence[int]]]) -> None:
    """Sales, units, revenue and units with a discount by group and SKU."""
    if not sold:
        return
    places = {place: number for number, place in enumerate(dict.fromkeys(group[1:] for group in sold), 1)}
    rows = [
        (int(group[0].timestamp()), places[group[1:]], sku, *sums)
        for group, lines in sorted(sold.items())
        for sku, sums in sorted(lines.items())
    ]
    slots, at, skus, *sums = zip(*rows, strict=True)
    await tx.execute(SQL["add_sold"], *columns(places), numbers(slots), numbers(at), list(skus), *map(numbers, sums))


async def add_baskets(tx: Transaction, sums: Mapping[BasketKey, Sequence[int]]) -> None:
    if sums:
        groups = sorted(sums)
        added = zip(*(sums[group] for group in groups), strict=True)
        await tx.execute(SQL["add_baskets"], *columns(groups), *map(numbers, added))


async def copy_sales(tx: Transaction, sales: Sequence[Sale]) -> None:
    """Each (origin, sale_id) once for ever: contacts publishes it once; a second one is an error of the database."""
    names = ("origin", "sale_id", "channel", "lines", "party_id", "day", "at", "store", "currency", "total")
    await tx.copy("sale", names, ((*_named(sale), sale.party_id, sale.day, sale.at, *_paid(sale)) for sale in sales))


async def amend_sales(tx: Transaction, sales: Mapping[tuple[str, str], Sale]) -> None:
    """What refunds need to know of sales that are others now."""
    rows = [(*_named(sale), *_paid(sale), sale.cancelled) for _, sale in sorted(sales.items())]
    if rows:
        await tx.execute(SQL["amend_sales"], *columns(rows))


async def copy_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    if refunds:
        names = ("event_id", "origin", "sale_id", "day", "at", "currency", "amount", "skus", "quantities")
        await tx.copy("refund", names, ([getattr(refund, name) for name in names] for refund in refunds))


def _named(sale: Sale) -> tuple[str, str, str, str]:
    return sale.origin, sale.sale_id, sale.channel, to_json(sale.lines).decode()


def _paid(sale: Sale) -> tuple[str, str, int]:
    return sale.store, sale.currency, sale.total

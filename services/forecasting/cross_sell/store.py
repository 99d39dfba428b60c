"""Reads across sales, refunds, disputes and urgent tickets; keeps pairs of products. A typed function per statement."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from services.forecasting.cross_sell.domain import Bought, Known, Pair
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_PAGE = 2000


async def call_urgent(tx: Transaction, tickets: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """Ticket, party, and whether it is urgent."""
    if tickets:
        await tx.execute(SQL["call_urgent"], *columns(sorted(tickets)))


async def move_urgent(tx: Transaction, tickets: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """Ticket, party, and whether it is over."""
    if tickets:
        await tx.execute(SQL["move_urgent"], *columns(sorted(tickets)))


async def load_common(tx: Transaction, begin: date, cut: date, most: int, least: int) -> list[str]:
    """The products that most sales had, `least` or more."""
    return [row["sku"] for row in await tx.fetch(SQL["load_common"], begin, cut, most, least)]


async def load_baskets(
    tx: Transaction, after: UUID, begin: date, cut: date, products: Sequence[str], size: int
) -> list[tuple[UUID, list[int]]]:
    """The next parties by id, and their products by place, from 0."""
    rows = await tx.fetch(SQL["load_baskets"], after, begin, cut, products, size)
    return [(row["party_id"], [place - 1 for place in row["products"] or ()]) for row in rows]


async def replace_pairs(tx: Transaction, cut: date, pairs: Sequence[Pair]) -> None:
    await tx.execute(SQL["forget_pairs"])
    for begin in range(0, len(pairs), _PAGE):  # so few at a time that the loop serves others in between
        page = pairs[begin : begin + _PAGE]
        rows = [(one.sku, one.other, one.parties, one.buyers, one.together, one.lift, one.chance) for one in page]
        await tx.execute(SQL["save_pairs"], *columns(rows), cut)


async def load_best(
    tx: Transaction, products: Sequence[str], without: Collection[str], most: int
) -> dict[str, list[Pair]]:
    """By product, what goes with it: of everything that goes with any of these, but for some, the surest pair."""
    found: dict[str, list[Pair]] = {}
    for row in await tx.fetch(SQL["load_best"], products, sorted(without), most) if products else ():
        found.setdefault(row["sku"], []).append(Pair(**row))
    return found


async def load_known(tx: Transaction, party_ids: Sequence[UUID], today: date) -> tuple[Known, date | None]:
    """Of a party, under all its ids; and the cut that the pairs were learnt at."""
    row = await tx.fetchrow(SQL["load_known"], party_ids, today)
    products = list(map(Bought, row["skus"], row["on_days"], row["lasts"]))
    return Known(row["days"], products, set(row["sent_back"]), set(row["disputed"]), row["urgent"]), row["cut"]

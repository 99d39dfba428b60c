"""Sales by party, product, channel and day."""

from collections import defaultdict
from datetime import date

from demo.oracle.ledger import Day, Totals
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers


async def read_totals(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("contacts", SQL["load_totals"])
    return expected.ledger.totals(), {
        (row["customer"], row["currency"]): Totals(row["sales"], row["paid"], row["refunds"], row["refunded"])
        for row in rows
    }


async def read_product_days(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("forecasting", SQL["load_product_days"])
    return expected.ledger.days(), {
        (row["sku"], row["channel"], row["day"]): Day(*(row[name] for name in Day._fields)) for row in rows
    }


async def read_channel_days(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should: defaultdict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for sale in expected.ledger.sales.values():
        _add(should[sale.channel, sale.at.date(), sale.currency], sale.total)
    rows = await databases.rows("forecasting", SQL["load_channel_days"])
    return should, {(row["channel"], row["day"], row["currency"]): [row["sales"], row["revenue"]] for row in rows}


async def read_purchase_days(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    numbers = await customers(databases)
    should: defaultdict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for sale in expected.ledger.sales.values():
        _add(should[sale.customer, sale.at.date(), sale.currency], sale.total)
    rows = await databases.rows("forecasting", SQL["load_purchase_days"])
    return should, {
        (numbers.get(row["party_id"]), row["day"], row["currency"]): [row["sales"], row["amount"]] for row in rows
    }


async def read_categories(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("forecasting", SQL["load_categories"])
    return expected.ledger.categories, {row["sku"]: tuple(row["category"]) for row in rows}


def _add(row: list[int], amount: int) -> None:
    row[0] += 1
    row[1] += amount


PROJECTIONS: dict[str, Read] = {
    "contacts: totals": read_totals,
    "forecasting: product days": read_product_days,
    "forecasting: channel days": read_channel_days,
    "forecasting: purchase days": read_purchase_days,
    "forecasting: categories": read_categories,
}

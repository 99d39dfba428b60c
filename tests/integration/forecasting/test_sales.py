"""Sales, refunds and products on a real database: sums by event time, exact under any order."""

import asyncio
import random
from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.engine.event import Event
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting
from tests.unit.forecasting.facts import ADA, BO, amended, cancelled, product, refund, sale, skipped, ticket

MONDAY = date(2026, 3, 2)


async def test_a_late_sale_counts_on_the_day_it_happened(forecasting: Forecasting) -> None:
    await forecasting.heard(sale("s-1", "2026-03-02", ("A", 2, 500), ("B", 1, 250)))
    await forecasting.heard(
        sale("s-2", "2026-03-04", ("A", 1, 500)), sale("s-3", "2026-03-02", ("A", 1, 480), party=BO)
    )

    rows = await forecasting.rows("select day, sku, sales, units, revenue from sales_v1.product_day order by day, sku")

    assert [tuple(row.values()) for row in rows] == [
        (MONDAY, "A", 2, 3, 1480),
        (MONDAY, "B", 1, 1, 250),
        (date(2026, 3, 4), "A", 1, 1, 500),
    ]


async def test_a_refund_counts_on_its_own_day_by_what_the_returned_units_cost(forecasting: Forecasting) -> None:
    await forecasting.heard(refund("r-1", "2026-03-09", 750, ("A", 1), ("B", 1), of="s-1"))
    await forecasting.heard(sale("s-1", "2026-03-02", ("A", 2, 500), ("B", 1, 250), channel="phone"))

    rows = await forecasting.rows(
        "select sku, channel, returned, refunded, revenue from sales_v1.product_day where day = $1 order by sku",
        date(2026, 3, 9),
    )

    assert [tuple(row.values()) for row in rows] == [("A", "phone", 1, 500, 0), ("B", "phone", 1, 250, 0)]


async def test_revisions_correct_the_day_of_the_sale_in_whatever_batches(forecasting: Forecasting) -> None:
    first = sale("s-1", "2026-03-02", ("A", 2, 500))
    kept = sale("s-2", "2026-03-02", ("A", 1, 500), party=BO)
    other = amended(first, 2, "2026-03-03", ("B", 3, 250), ("C", 1, 100))
    await forecasting.heard(first, kept, other)
    await forecasting.heard(refund("r-1", "2026-03-09", 250, ("B", 1), of="s-1"))
    rows = await forecasting.rows(
        "select day, sku, sales, units, revenue, refunded from sales_v1.product_day order by 1, 2"
    )
    assert [tuple(row.values()) for row in rows] == [
        (MONDAY, "A", 1, 1, 500, 0),
        (MONDAY, "B", 1, 3, 750, 0),
        (MONDAY, "C", 1, 1, 100, 0),
        (date(2026, 3, 9), "B", 0, 0, 0, 250),
    ]
    await forecasting.heard(cancelled(other, 3, "2026-03-04"))
    rows = await forecasting.rows("select sku, sales, revenue from sales_v1.product_day where sales <> 0 order by sku")
    assert [tuple(row.values()) for row in rows] == [("A", 1, 500)]
    [row] = await forecasting.rows("select sum(sales) as sales, sum(revenue) as revenue from sales_v1.channel_day")
    assert (row["sales"], row["revenue"]) == (1, 500)
    assert await forecasting.rows("select party_id from sales_v1.purchase_day where sales > 0") == [{"party_id": BO}]


@pytest.mark.parametrize("early", [True, False])
async def test_a_refund_of_a_cancelled_sale_counts_for_nothing(forecasting: Forecasting, *, early: bool) -> None:
    sold = sale("s-1", "2026-03-02", ("A", 2, 500))
    gone = cancelled(sold, 2, "2026-03-04")
    back = [refund("r-1", "2026-03-09", 250, ("A", 1), of="s-1"), refund("r-2", "2026-03-09", 750, of="s-1")]
    await forecasting.heard(*([*back, sold, gone] if early else [sold, gone, *back]))
    assert await forecasting.rows("select sku from sales_v1.product_day where refunded <> 0 or returned <> 0") == []
    await forecasting.heard(amended(gone, 3, "2026-03-10", ("A", 2, 500)))
    [row] = await forecasting.rows("select sum(revenue) as sold, sum(refunded) as back from sales_v1.product_day")
    assert (row["sold"], row["back"]) == (1000, 1000)


@pytest.mark.parametrize("seed", range(4))
async def test_streams_in_batches_add_up_to_what_the_sales_are_in_the_end(forecasting: Forecasting, seed: int) -> None:
    """Against a recomputation from the last state of each sale: a cancelled one and its refunds bring nothing."""
    rng = random.Random(seed)
    streams, states = zip(*(_life(rng, number) for number in range(40)), strict=True)
    waiting = [list(stream) for stream in streams]
    heard = []
    while any(waiting):
        heard.append(rng.choice([stream for stream in waiting if stream]).pop(0))
    heard += (refunds := [one for state in states for one in state.refunds])[::2]
    heard[:0] = refunds[1::2]  # half of them before their sales
    while heard:
        size = rng.randint(1, 30)
        await forecasting.heard(*heard[:size])
        del heard[:size]

    rows = await forecasting.rows("select sku, sum(revenue) r, sum(refunded) b from sales_v1.product_day group by sku")

    sold, back = Counter[str](), 0
    for state in states:
        sold.update({sku: quantity * price for sku, quantity, price in state.lines})
        back += sum(one.data.total.minor for one in state.refunds) if state.lines else 0
    assert {row["sku"]: row["r"] for row in rows if row["r"]} == {sku: amount for sku, amount in sold.items() if amount}
    assert sum(row["b"] for row in rows) == back


class _State(NamedTuple):
    """A sale in the end, without lines where it was cancelled."""

    lines: list[tuple[str, int, int]]
    refunds: list[Event[Any]]


def _life(rng: random.Random, number: int) -> tuple[list[Event[Any]], _State]:
    """What happened to one sale, in order; refunds come whenever they come."""
    lines = _bought(rng)
    stream: list[Event[Any]] = [sale(f"s-{number}", "2026-03-02", *lines, party=derived_id("party", number))]
    for revision in range(2, rng.randint(2, 5)):
        if not lines or rng.random() < 0.5:
            lines = _bought(rng)
            stream.append(amended(stream[-1], revision, "2026-03-03", *lines))
        else:
            lines = []
            stream.append(cancelled(stream[-1], revision, "2026-03-04"))
    named = [("A", 1)] if rng.random() < 0.5 else []
    count = rng.choice([0, 0, 1, 2])
    refunds = [refund(f"r-{number}-{i}", "2026-03-09", 70, *named, of=f"s-{number}") for i in range(count)]
    return stream, _State(lines, refunds)


def _bought(rng: random.Random) -> list[tuple[str, int, int]]:
    """One of them at a price that the contract admits and no shop asks for."""
    return [(sku, rng.randint(1, 3), rng.choice([100, 250, 10**15])) for sku in rng.sample("ABC", rng.randint(1, 3))]


async def test_a_refund_without_lines_is_for_the_whole_sale_and_loses_no_cent(forecasting: Forecasting) -> None:
    await forecasting.heard(
        sale("s-1", "2026-03-02", ("A", 1, 333), ("B", 1, 333), ("C", 1, 334)),
        refund("r-1", "2026-03-03", 100, of="s-1"),
        refund("r-2", "2026-03-03", 77, of="unknown"),
    )

    rows = await forecasting.rows("select sku, units, refunded from sales_v1.refund_line order by sku")

    assert [row["sku"] for row in rows] == ["", "A", "B", "C"]
    assert sum(row["refunded"] for row in rows) == 177
    assert rows[0]["refunded"] == 77


FACTS: list[Event[object]] = [
    product("A", "TOYS"),
    product("B", "FOOD"),
    sale("s-1", "2026-03-02", ("A", 2, 500), ("B", 1, 250)),
    sale("s-2", "2026-03-02", ("A", 1, 500), party=BO, partition=3),
    sale("s-3", "2026-02-27", ("B", 3, 240), ("B", 1, 200), currency="EUR", channel="in_person"),
    refund("r-1", "2026-03-03", 500, ("A", 1), of="s-1"),
    refund("r-2", "2026-03-01", 100, of="s-2", party=BO),
    refund("r-3", "2026-03-01", 30, ("Z", 1), of="never"),
    ticket("t-1", "2026-03-02"),
    ticket("t-2", "2026-03-02"),
    skipped("m-1", "2026-03-02"),
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(FACTS), cuts=st.sets(st.integers(1, len(FACTS) - 1), max_size=4))
async def test_any_order_and_any_batches_give_the_same_rows(
    forecasting: Forecasting, order: list[Event[object]], cuts: set[int]
) -> None:
    await forecasting.clear()
    await forecasting.heard(*FACTS)
    expected = await forecasting.sales_rows()

    await forecasting.clear()
    bounds = [0, *sorted(cuts), len(order)]
    for begin, end in pairwise(bounds):
        await forecasting.heard(*order[begin:end])

    assert await forecasting.sales_rows() == expected
    assert sum(row[8] for row in expected["product_day"]) == 630
    assert {row[0] for row in expected["purchase_day"]} == {ADA, BO}


async def test_two_instances_add_to_the_same_rows_without_deadlock(forecasting: Forecasting) -> None:
    """Each batch names the same products in another order; what is sorted waits, and nothing is lost."""
    skus = [f"SKU-{number:03}" for number in range(60)]

    async def instance(name: str, partition: int) -> None:
        for batch in range(15):
            mixed = skus[batch:] + skus[:batch] if partition else skus[::-1]
            lines = [(sku, 1, 100) for sku in mixed]
            await forecasting.heard(
                *(sale(f"{name}-{batch}-{n}", f"2026-03-0{n + 1}", *lines, partition=partition) for n in range(3))
            )

    await asyncio.gather(instance("one", 0), instance("two", 1), instance("three", 2))

    rows = await forecasting.rows("select sum(units) as units, count(*) as rows from sales_v1.sold_day")
    assert rows == [{"units": 3 * 15 * 3 * 60, "rows": 3 * 60}]

"""Sales added up by everything that is asked: exact beside a recomputation of all facts, in any order and batches."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from services.forecasting.settings import ForecastingSettings, create_context
from services.forecasting.totals import store
from services.forecasting.totals.domain import Asked, By, whole_from
from shared.engine.event import Event
from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import ADA, BO, amended, cancelled, entered, kroner, product, refund, sale

COPENHAGEN = "Europe/Copenhagen"
SPRING, AUTUMN = "2026-03-29", "2026-10-25"  # when clocks change there
NOW = datetime(2026, 12, 1, tzinfo=UTC)
BEGIN, UNTIL = date(2026, 3, 1), date(2026, 12, 1)
PATHS = {"A": ("TOYS", "DOLLS"), "B": ("TOYS",), "C": ()}
COSTS = {"A": 60, "C": 7}
MEASURES = ("lines", "units", "revenue", "returned", "refunded", "sales", "total", "costed", "margin")


class Part(NamedTuple):
    """A line of a sale, what of it came back, or a whole sale (without a product), as it is in the end."""

    at: datetime
    store: str
    channel: str
    party: UUID
    sku: str | None
    numbers: dict[str, int]


async def test_what_is_asked_over_http(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    forecasting.now = NOW
    await forecasting.heard(
        product("A", "TOYS", "DOLLS", cost=kroner(60)),
        product("B", "TOYS", "CARS"),
        entered("loyal", "2026-03-01"),
        sale("s-1", "2026-03-28", ("A", 2, 100), ("B", 1, 50), hour=23, minute=20, store="cph-1"),
        sale("s-2", "2026-03-29", ("A", 1, 90), hour=1, minute=50, party=BO),
        refund("r-1", "2026-03-30", 100, ("A", 1), of="s-1"),
    )

    async def totals(*names: str, **asked: Any) -> dict[str, tuple[Any, ...]]:
        items = (await get(http, "/v1/series/sales", **asked))["items"]
        return {item["key"]: tuple(item[name] for name in names) for item in items}

    assert await totals("revenue", "sales", by="store") == {"cph-1": (250, 1), "(none)": (90, 1)}
    assert await totals("revenue", "refunded", by="segment") == {"loyal": (250, 100), "(none)": (90, 0)}
    assert await totals("revenue", "total", by="month", segment="loyal") == {"2026-03-01": (250, 250)}
    assert await totals("units", by="category", depth=2) == {"TOYS > DOLLS": (3,), "TOYS > CARS": (1,)}
    assert await totals("units", by="product", category="TOYS > DOLLS") == {"A": (3,)}
    assert await totals("costed", "margin", by="product", margin="true") == {"A": (290, 110), "B": (None, None)}
    assert await totals("revenue", by="hour") == {
        "2026-03-28T23:00Z": (250,),
        "2026-03-29T01:00Z": (90,),
        "2026-03-30T12:00Z": (0,),
    }
    assert await totals("revenue", by="hour", zone="Asia/Kathmandu", store="cph-1") == {
        "2026-03-28T23:15Z": (250,),
        "2026-03-30T11:15Z": (0,),
    }
    assert await totals("revenue", by="day", zone=COPENHAGEN) == {"2026-03-29": (340,), "2026-03-30": (0,)}
    assert await totals("revenue", by="day", zone=COPENHAGEN, **{"from": SPRING, "until": "2026-03-30"}) == {
        SPRING: (340,)
    }


async def test_the_local_zone_is_that_of_the_store_or_of_the_operator(
    http: httpx.AsyncClient, forecasting: Forecasting
) -> None:
    forecasting.now = NOW
    zones = ForecastingSettings(zone=COPENHAGEN, store_zones={"tyo-1": "Asia/Tokyo"})
    forecasting.context = create_context(zones)
    forecasting.transaction = forecasting.ledger_of(forecasting.pool).transaction
    await forecasting.heard(
        sale("s-1", "2026-03-02", ("A", 1, 100), hour=16, store="tyo-1"),
        sale("s-2", "2026-03-02", ("A", 1, 10), hour=23, minute=30, store="cph-1"),
    )
    for named, days in (("tyo-1", {"2026-03-03": 100}), ("cph-1", {"2026-03-03": 10})):
        items = (await get(http, "/v1/series/sales", by="day", zone="local", store=named))["items"]
        assert {item["key"]: item["revenue"] for item in items} == days


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), data=st.data())
async def test_any_order_and_batches_add_up_to_what_all_facts_come_to(
    forecasting: Forecasting, seed: int, data: st.DataObject
) -> None:
    await forecasting.clear()
    rng = random.Random(seed)
    lives = [_life(rng, number) for number in range(8)]
    moves = [
        entered(segment, f"2026-{month:02}-15", party, left=left)
        for segment, party, month, left in [("big", ADA, 3, False), ("big", ADA, 9, True), ("new", BO, 4, False)]
    ]
    moves += [entered("big", "2026-11-10", ADA), entered("new", "2026-03-20", ADA)]
    described = [product(sku, *path, cost=kroner(COSTS[sku]) if sku in COSTS else None) for sku, path in PATHS.items()]
    streams = [*([one] for one in [*moves, *described]), *(life for life, _ in lives)]
    streams += [[one] for _, parts in lives for one in parts.refunds]
    turns = data.draw(st.permutations([at for at, stream in enumerate(streams) for _ in stream]))
    waiting = [list(stream) for stream in streams]
    heard = [waiting[turn].pop(0) for turn in turns]
    cuts = data.draw(st.sets(st.integers(1, len(heard) - 1), max_size=4))
    for begin, end in pairwise([0, *sorted(cuts), len(heard)]):
        await forecasting.heard(*heard[begin:end])

    parts = [part for _, end in lives for part in end.parts]
    for asked in ASKED:
        assert await _found(forecasting, asked) == _recomputed(parts, asked), asked


WAYS: list[tuple[By, str, int]] = [
    *(("day", "UTC", 1), ("week", "UTC", 1), ("month", "UTC", 1), ("product", "UTC", 1), ("channel", "UTC", 1)),
    *(("category", "UTC", 1), ("category", "UTC", 3), ("store", "UTC", 1), ("segment", "UTC", 1)),
    *(("hour", "UTC", 1), ("hour", COPENHAGEN, 1), ("hour", "Asia/Kathmandu", 1), ("day", COPENHAGEN, 1)),
    *(("week", COPENHAGEN, 1), ("month", "America/St_Johns", 1), ("category", COPENHAGEN, 2)),
]
ASKED = [
    Asked(by=by, zone=zone, depth=depth, margin=True, **chosen)
    for by, zone, depth in WAYS
    for chosen in ({}, {"store": "cph"}, {"segment": "big"}, {"sku": "A"}, {"category": "TOYS"}, {"channel": "phone"})
]


class Life(NamedTuple):
    refunds: list[Event[Any]]
    parts: list[Part]


def _life(rng: random.Random, number: int) -> tuple[list[Event[Any]], Life]:
    """One sale with its revisions in order, and what all of it comes to."""
    day, hour, party = (
        rng.choice([SPRING, AUTUMN, "2026-10-24", "2026-03-31"]),
        rng.randrange(24),
        rng.choice([ADA, BO]),
    )
    name, lines, channel = rng.choice([None, "cph", "aar"]), _lines(rng), rng.choice(["web", "phone"])
    place: dict[str, Any] = {"hour": hour, "minute": rng.randrange(60), "store": name}
    stream: list[Event[Any]] = [sale(f"s-{number}", day, *lines, party=party, channel=channel, **place)]
    at = stream[0].time
    for revision in range(2, rng.randint(2, 5)):
        if lines and rng.random() < 0.4:
            lines = []
            stream.append(cancelled(stream[-1], revision, "2026-11-01"))
        else:
            lines, name, channel = _lines(rng), rng.choice([None, "cph"]), "web"
            stream.append(amended(stream[-1], revision, "2026-11-01", *lines, store=name))
    where = at, name or "", channel, party
    parts = [Part(*where, sku, _line(sku, n, price)) for sku, n, price in lines]
    refunds = []
    if lines:
        parts.append(Part(*where, None, {"sales": 1, "total": sum(n * price for _, n, price in lines)}))
    if rng.random() < 0.7:
        sku = lines[0][0] if lines else "A"
        refunds = [refund(f"r-{number}", "2026-11-05", 70, (sku, 1), of=f"s-{number}", party=party)]
        parts += [Part(refunds[0].time, *where[1:], sku, {"returned": 1, "refunded": 70})] if lines else []
    return stream, Life(refunds, parts)


def _lines(rng: random.Random) -> list[tuple[str, int, int]]:
    """At times at a price that the contract admits and no shop asks for."""
    return [(sku, rng.randint(1, 3), rng.choice([100, 250, 10**15])) for sku in rng.sample("ABC", rng.randint(1, 3))]


def _line(sku: str, units: int, price: int) -> dict[str, int]:
    known = {"costed": units * price, "margin": units * (price - COSTS[sku])} if sku in COSTS else {}
    return {"lines": 1, "units": units, "revenue": units * price, **known}


def _recomputed(parts: list[Part], asked: Asked) -> dict[str, dict[str, int]]:
    """Keys where anything counts, with what is not nothing there."""
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for part in parts:
        if not asked.whole and part.sku is None:
            continue
        path = PATHS.get(part.sku or "", ())
        local = part.at.astimezone(ZoneInfo(asked.zone))
        wanted = [
            asked.sku in {None, part.sku},
            asked.category is None or asked.category in path,
            asked.channel in {None, part.channel},
            asked.store in {None, part.store},
            BEGIN <= local.date() < UNTIL,
        ]
        if all(wanted):
            for key in _keys(part, path, local, asked):
                for name, number in part.numbers.items():
                    sums[key][name] += number
    return {key: dict(numbers) for key, numbers in sums.items() if any(numbers.values())}


def _keys(part: Part, path: tuple[str, ...], local: datetime, asked: Asked) -> Iterator[str]:
    belonged = _segments(part)
    if asked.segment is not None:
        belonged = [one for one in belonged if one == asked.segment]
        if not belonged:
            return
    match asked.by:
        case "segment":
            yield from belonged or ["(none)"]
        case "product":
            yield part.sku or ""
        case "category":
            yield " > ".join(path[: asked.depth]) or "(none)"
        case "channel":
            yield part.channel
        case "store":
            yield part.store or "(none)"
        case _:
            yield _begun(part.at, local, asked.by)


def _begun(at: datetime, local: datetime, by: str) -> str:
    if by == "hour":
        return f"{(at - timedelta(minutes=local.minute)).astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    if by == "week":
        return str(local.date() - timedelta(days=local.weekday()))
    return str(local.date().replace(day=1) if by == "month" else local.date())


def _segments(part: Part) -> list[str]:
    day, ada = part.at.strftime("%m-%d %H"), part.party == ADA
    big = ada and ("03-15 12" <= day < "09-15 12" or day >= "11-10 12")
    new = day >= ("03-20 12" if ada else "04-15 12")
    return ["big"] * big + ["new"] * new


async def _found(forecasting: Forecasting, asked: Asked) -> dict[str, dict[str, int]]:
    async with forecasting.transaction() as tx:
        found = await store.sum_sales(tx, asked, BEGIN, UNTIL, ("", ""), 10_000)
    sums = {one.key: {name: getattr(one, name) for name in MEASURES if getattr(one, name)} for one in found}
    return {key: numbers for key, numbers in sums.items() if numbers}


@pytest.mark.parametrize(
    ("by", "begin", "whole"),
    [
        ("day", "2026-03-04", "2026-03-04"),
        ("week", "2026-03-02", "2026-03-02"),
        ("week", "2026-03-03", "2026-03-09"),
        ("month", "2026-03-01", "2026-03-01"),
        ("month", "2026-01-31", "2026-02-01"),
        ("month", "2026-12-02", "2027-01-01"),
    ],
)
def test_weeks_and_months_begin_whole(by: Any, begin: str, whole: str) -> None:
    assert whole_from(by, date.fromisoformat(begin)) == date.fromisoformat(whole)

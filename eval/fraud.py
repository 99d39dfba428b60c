"""Planted frauds: how many of them the service suspects, beside how many honest facts, on a real Postgres."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg

from eval.columns import FRAUDS, Roles, find_tables
from eval.database import opened
from eval.fraud_facts import Fact, Shop, drawn_shop, real_shop
from eval.fraud_files import read_shop
from eval.rows import Row
from eval.setting import Setting, UnfitError
from services.forecasting.fitting.forest import grow_forest
from services.forecasting.fraud import commands, store
from services.forecasting.fraud_forest import Forest
from services.forecasting.fraud_rules import MOST_POINTS, Bands, FraudRules, Rule, read_rules
from services.forecasting.settings import ForecastingSettings, create_context
from shared.engine.postgres import PostgresLedger

_BATCH = 500
_SEEDS = 2
_UNSEEN = 10
_SAMPLE = 4000
_ONE = 0.01
Told = dict[str, tuple[int, int]]
"""By event, the points of the service and those of the forest alone; an event that is not told has none."""
_FOREST_ALONE = FraudRules(
    version="forest",
    bands=Bands(medium=1, high=MOST_POINTS),
    forest=MOST_POINTS,
    rules=(Rule(reason="never", points=1, least={"known_sales": 1e9}),),
)
Grown = tuple[Forest, dict[str, float]]


def measure(setting: Setting) -> list[Row]:
    """Each seed draws other customers and other frauds; the rules were chosen on seeds below `_UNSEEN`, and the forest
    is grown on a shop of another seed than it is judged on. Then every file of the folder that has marked frauds.
    """
    rows: list[Row] = []
    for make in (real_shop, drawn_shop):
        _, grown = asyncio.run(_assess(make(setting.seed), None))
        for seed in range(_UNSEEN + setting.seed, _UNSEEN + setting.seed + _SEEDS):
            shop = make(seed)
            told, _ = asyncio.run(_assess(shop, grown))
            rows += _rows(shop, told)
    for path, roles in find_tables(setting, FRAUDS):
        rows += setting.attempt(partial(_measure_file, path, roles, setting))
    return rows


def _measure_file(path: Path, roles: Roles, setting: Setting) -> list[Row]:
    """The forest is grown on the first half of the time, and all is judged on the second."""
    shop = read_shop(path, roles, setting)
    half = len(shop.facts) // 2
    _, grown = asyncio.run(_assess(replace(shop, facts=shop.facts[:half]), None))
    told, _ = asyncio.run(_assess(shop, grown))
    later = {fact.id for fact in shop.facts[half:]}
    frauds = [[one for one in episode if one in later] for episode in shop.episodes["frauds"]]
    return _rows(Shop(shop.name, shop.facts[half:], {"frauds": [episode for episode in frauds if episode]}), told)


def _rows(shop: Shop, told: Told) -> list[Row]:
    """Beside what the forest finds without the rules, where it suspects the oddest of a hundred."""
    bands = read_rules().bands
    alone = dict(_figures(shop, {event: odd for event, (_, odd) in told.items()}, {"suspected": 1}))
    ours = {event: points for event, (points, _) in told.items()}
    return [
        Row("fraud", shop.name, "Rapport", metric, value, "isolation forest alone", alone.get(metric))
        for metric, value in _figures(shop, ours, {"suspected": bands.medium, "high": bands.high})
    ]


def _figures(shop: Shop, points: Mapping[str, int], bounds: Mapping[str, int]) -> Iterator[tuple[str, float]]:
    planted = {one for episodes in shop.episodes.values() for episode in episodes for one in episode}
    honest = [points.get(fact.id, 0) for fact in shop.facts if fact.id not in planted]
    most = {
        kind: [max(points.get(one, 0) for one in episode) for episode in episodes]
        for kind, episodes in shop.episodes.items()
    }
    every = [one for each in most.values() for one in each]
    if not every:
        raise UnfitError(f"{shop.name}: no fraud is in the half that is judged")
    yield "recall at 1 % false alarms", _recall_at(_ONE, honest, every)
    for band, bound in bounds.items():
        yield f"false alarms, {band}", _share(honest, bound)
        yield f"recall, {band}", _share(every, bound)
    for kind, each in most.items():
        yield f"recall of {kind}, suspected", _share(each, bounds["suspected"])


def _share(points: Sequence[int], bound: int) -> float:
    return sum(one >= bound for one in points) / len(points)


def _recall_at(share: float, honest: Sequence[int], frauds: Sequence[int]) -> float:
    """With the lowest bound that suspects at most this share of the honest; where points are alike, fewer than it."""
    bound = next(bound for bound in range(1, MOST_POINTS + 2) if _share(honest, bound) <= share)
    return _share(frauds, bound)


async def _assess(shop: Shop, grown: Grown | None) -> tuple[Told, Grown | None]:
    """What is told of the shop with the forest, and a forest that is grown of the shop."""
    async with opened("forecasting") as pool:
        return await _assess_facts(pool, shop.facts, grown)


async def _assess_facts(
    pool: "asyncpg.Pool[asyncpg.Record]", facts: Sequence[Fact], grown: Grown | None
) -> tuple[Told, Grown | None]:
    context = create_context(ForecastingSettings())
    ledger = PostgresLedger(pool, lambda: datetime.now(UTC), _relay, context._replace(fraud_shadow=_FOREST_ALONE))
    if grown is not None:
        async with ledger.transaction() as tx:
            await commands.save_forest(tx, *grown)
    for begin in range(0, len(facts), _BATCH):
        async with ledger.transaction() as tx:
            await commands.assess(tx, facts[begin : begin + _BATCH])
    first, cut = (MOST_POINTS + 1, UUID(int=0)), facts[-1].time.date()
    async with ledger.transaction() as tx:
        told = await store.list_frauds(tx, judged=False, band=None, party_id=None, after=first, limit=len(facts))
        usual, frauds = [await commands.load_inputs(tx, ids) for ids in await commands.sample_facts(tx, cut, _SAMPLE)]
    points = {str(one.event_id): (one.points, one.shadow.points if one.shadow else 0) for one in told}
    return points, grow_forest(cut, usual, frauds)


async def _relay() -> None:
    """Nobody hears what is emitted."""

"""Planted frauds: how many of them the service suspects, beside how many honest facts, on a real Postgres."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from deploy.embedded.databases import Databases
from deploy.embedded.folder import Folder
from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres
from deploy.embedded.service import migrate
from eval.fraud_facts import Fact, Shop, drawn_shop, real_shop
from eval.rows import Row
from eval.setting import Setting
from services.forecasting.fraud import commands, store
from services.forecasting.fraud_rules import MOST_POINTS, read_rules
from services.forecasting.settings import ForecastingSettings, create_context
from shared.engine.postgres import PostgresLedger

_BATCH = 500
_SEEDS = 2
_UNSEEN = 10
Points = dict[str, int]
"""By event; an event without has none."""


def measure(setting: Setting) -> list[Row]:
    """Each seed draws other customers and other frauds; the rules were chosen on seeds below `_UNSEEN`."""
    seeds = range(_UNSEEN + setting.seed, _UNSEEN + setting.seed + _SEEDS)
    shops = [make(seed) for make in (real_shop, drawn_shop) for seed in seeds]
    return [row for shop in shops for row in _rows(shop, asyncio.run(_assess(shop)))]


def _rows(shop: Shop, points: Points) -> Iterator[Row]:
    bands = read_rules().bands
    planted = {one for episodes in shop.episodes.values() for episode in episodes for one in episode}
    honest = [points.get(fact.id, 0) for fact in shop.facts if fact.id not in planted]
    most = {
        kind: [max(points.get(one, 0) for one in episode) for episode in episodes]
        for kind, episodes in shop.episodes.items()
    }
    every = [one for each in most.values() for one in each]
    for band, bound in (("suspected", bands.medium), ("high", bands.high)):
        yield _row(shop, f"false alarms, {band}", _share(honest, bound))
        yield _row(shop, f"recall, {band}", _share(every, bound))
    for kind, each in most.items():
        yield _row(shop, f"recall of {kind}, suspected", _share(each, bands.medium))


def _row(shop: Shop, metric: str, value: float) -> Row:
    return Row("fraud", shop.name, "Rapport", metric, value)


def _share(points: Sequence[int], bound: int) -> float:
    return sum(one >= bound for one in points) / len(points)


async def _assess(shop: Shop) -> Points:
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        server = Postgres(folder.path / "postgres", folder.logs, free_port(set()), folder.secret("postgres"))
        await asyncio.to_thread(server.prepare)
        await asyncio.to_thread(server.start)
        try:
            databases = Databases(server, folder)
            await databases.ensure(["forecasting"])
            await asyncio.to_thread(migrate, "forecasting", databases, folder.logs)
            async with asyncpg.create_pool(databases.dsn("forecasting"), min_size=1, max_size=2) as pool:
                return await _assess_facts(pool, shop.facts)
        finally:
            await asyncio.to_thread(server.child.stop, 10)


async def _assess_facts(pool: "asyncpg.Pool[asyncpg.Record]", facts: Sequence[Fact]) -> Points:
    ledger = PostgresLedger(pool, lambda: datetime.now(UTC), _relay, create_context(ForecastingSettings()))
    for begin in range(0, len(facts), _BATCH):
        async with ledger.transaction() as tx:
            await commands.assess(tx, facts[begin : begin + _BATCH])
    first = (MOST_POINTS + 1, UUID(int=0))
    async with ledger.transaction() as tx:
        told = await store.list_frauds(tx, judged=False, band=None, party_id=None, after=first, limit=len(facts))
    return {str(one.event_id): one.points for one in told}


async def _relay() -> None:
    """Nobody hears what is emitted."""

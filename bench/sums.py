"""Sales added up: all that the group `forecasting.sales` does with a sale, in one process."""

import asyncio
import time

import asyncpg

from bench.cpu import Meter
from bench.rows import Row
from bench.sales import drawn_sale, load_sales
from bench.setting import Sizes, fresh_stack, say, settle_collector
from services.forecasting import handlers, subscriptions
from services.forecasting.settings import Settings, create_context
from shared.engine.service import Service

__all__ = ["handlers", "measure"]  # importing the handlers registers what the subscription hears

SERVICE = "forecasting"
_PATIENCE_S = 600
_COUNTED = "select coalesce(sum(sales), 0)::bigint from sales_v1.channel_day"


async def measure(sizes: Sizes) -> list[Row]:
    """The row `sums`: from the first batch that is added up to the last."""
    settle_collector()
    async with fresh_stack() as stack:
        await stack.ensure_databases(SERVICE)
        say(f"  {sizes.engine_events} sales of two products each, {sizes.parties} parties")
        await load_sales(stack.bootstrap, sizes.engine_events, sizes.parties, draw=drawn_sale)
        dsn = stack.superuser_dsn(SERVICE)
        settings = Settings.model_validate(
            {"kafka": {"brokers": stack.bootstrap}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
        )
        context = create_context(settings.forecasting)
        service = Service(SERVICE, settings, [subscriptions.sales], context=context)
        connection, meter = await asyncpg.connect(dsn), Meter(stack.pids)
        await service.start()
        try:
            rate = await _rate(connection, sizes.engine_events)
        finally:
            await service.stop()
            await connection.close()
        spent = meter.spent()
        return [
            Row(
                "sums",
                rate,
                "sales",
                cpu_us=spent.total / sizes.engine_events * 1e6,
                parties=sizes.parties,
                more=spent.per(sizes.engine_events),
                note="by day, quarter of an hour, product, store, channel and party",
            )
        ]


async def _rate(connection: asyncpg.Connection, events: int) -> float:
    """Sales a second after the first batch, whose beginning nobody saw."""
    async with asyncio.timeout(_PATIENCE_S):
        while not (first := await connection.fetchval(_COUNTED)):
            await asyncio.sleep(0.01)
        begun, counted = time.perf_counter(), first
        while counted < events:
            await asyncio.sleep(0.02)
            counted = await connection.fetchval(_COUNTED)
    return float((events - first) / max(time.perf_counter() - begun, 1e-9)) or float(events)

"""A bad deploy stands still instead of parking everything."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import BadRecord
from tests.integration.engine.probe import Probe, check, eventually, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_a_handler_that_fails_for_every_key_opens_the_breaker(probe: Probe) -> None:
    topic, group = "crm.contacts", "support.breaker"
    deployed = asyncio.Event()
    tries = 0

    async def fail(events: Sequence[Event[Any]], _: Transaction) -> None:
        nonlocal tries
        if any(event.partition == 9 for event in events) and not deployed.is_set():
            tries += 1
            raise ZeroDivisionError

    ids = await probe.write(topic, 9, 200, keys=100)
    async with probe.running(noting("breaker", topic, act=fail), breaker_probe_ms=1_000) as service:
        paused = await check(service, "degraded")
        assert f"{topic}/9" in paused.detail

        async def probed() -> bool:
            before = tries
            await asyncio.sleep(1.5)
            return tries > before

        await eventually(probed, "a probe")
        assert await probe.effects(group, 9) == []
        assert await _parked(probe, group) == 0, "nothing is parked by a bad deploy"
        deployed.set()
        assert await probe.applied(group, 9, ids) == ids
        await check(service, "ok")


async def test_refused_input_never_opens_it(probe: Probe) -> None:
    topic, group = "crm.contacts", "support.refusals"

    async def refuse(events: Sequence[Event[Any]], _: Transaction) -> None:
        if any(event.partition == 10 for event in events):
            raise BadRecord("useless")

    await probe.write(topic, 10, 60, keys=60)
    async with probe.running(noting("refusals", topic, act=refuse)) as service:
        await eventually(lambda: _all_parked(probe, group, 60), "parked records")
        beside = await probe.write(topic, 11, 3)
        await probe.applied(group, 11, beside)
        assert {each.state for each in await service.ready()} == {"ok"}


async def _parked(probe: Probe, group: str) -> int:
    (row,) = await probe.rows("select count(*) from parked where group_id = $1", group)
    return int(row["count"])


async def _all_parked(probe: Probe, group: str, count: int) -> bool:
    return await _parked(probe, group) == count

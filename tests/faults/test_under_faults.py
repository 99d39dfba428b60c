"""All services under load while each of them is killed, stopped and scaled, and Kafka and Postgres are killed."""

import asyncio
import os
import random
from pathlib import Path
from time import monotonic

import pytest

from demo.play.watch import Watch
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.run import ENV, RATE, drained, failures, say, tell_healed
from tests.faults.shop import Shop
from tests.stack import make_stack

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]
SEED = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(10**6))


async def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    """`pytest -s` shows how it goes; where it fails, the seed is shown too."""
    say(f"\nFAULT_SEED={SEED}")
    begun = monotonic()
    async with make_stack(tmp_path, "embedded", env=ENV) as stack:
        databases = {service: stack.superuser_dsn(service) for service in stack.services}
        async with Watch(stack.bootstrap, databases) as watch, Load(stack.bootstrap, Shop(SEED), RATE) as load:
            await load.open()
            await drained(watch)
            nemesis = Nemesis(stack, watch, random.Random(SEED))
            await _break_everything(nemesis, load)
            healing = monotonic()
            await drained(watch)
            say(f"all handled {monotonic() - healing:.1f} s after the last fact, {monotonic() - begun:.0f} s in all")
            tell_healed(nemesis)
            assert await failures(stack, watch, load, nemesis) == []


async def _break_everything(nemesis: Nemesis, load: Load) -> None:
    loading = asyncio.create_task(load.run())
    try:
        await asyncio.gather(
            nemesis.kill_at_points(("contacts", "support")), nemesis.kill_at_points(("marketing", "forecasting"))
        )
        await nemesis.suspend("marketing", 9)
        await nemesis.kill_server("kafka")
        await nemesis.kill_server("postgres")
        await nemesis.scale("contacts")
    finally:
        load.end()
        await loading

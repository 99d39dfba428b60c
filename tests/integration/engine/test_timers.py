"""Timers on the wall clock, with nothing coming in."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from shared import clock
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from tests.integration.engine.probe import Probe, check, eventually, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]
FIRE = "insert into effect (group_id, event_id) select 'timers', * from unnest($1::text[])"


@pytest.mark.parametrize("heard", [("crm.contacts", "crm.requests"), ("crm.ingest",)])
async def test_an_idle_partition_advances_and_its_timers_fire(probe: Probe, heard: Sequence[str]) -> None:
    await probe.rows("delete from effect where group_id = 'timers'")
    hears = noting(f"idle-{len(heard)}", *heard)

    @hears.timer("wake")
    async def wake(due: Sequence[Due], tx: Transaction) -> None:
        assert all(timer.now >= timer.due_at for timer in due)
        await tx.execute(FIRE, [str(timer.id) for timer in due])

    timers = {uuid4(): partition for partition in range(12)}
    async with probe.running(hears) as service:
        await check(service, "ok")
        due_at = clock.now() + timedelta(seconds=2)
        async with service.transaction() as tx:
            await tx.set_timers("wake", [(id_, partition, due_at) for id_, partition in timers.items()])

        async def fired() -> bool:
            rows = await probe.rows("select event_id, at from effect where group_id = 'timers'")
            assert all(row["at"] >= due_at for row in rows), "fired before it was due"
            return len(rows) == len(timers)

        await eventually(fired, "all timers")

        async def follows_the_clock() -> bool:
            low = await service.watermark(hears)
            assert low is not None
            return clock.now() - low < timedelta(seconds=10)

        await eventually(follows_the_clock, "a watermark near the clock")


async def test_a_stopped_partition_holds_back_its_own_timers_alone(probe: Probe) -> None:
    hears = noting("held", "crm.sales")

    @hears.timer("hold")
    async def fire(due: Sequence[Due], tx: Transaction) -> None:
        await tx.execute(FIRE, [str(timer.id) for timer in due])

    held, free = uuid4(), uuid4()
    first = await probe.write("crm.sales", 1)
    async with probe.running(hears) as service:
        await probe.applied("support.held", 1, first)
        await probe.write("crm.sales", 1, skip=1)
        await probe.stopped("support.held", "crm.sales", 1)
        due_at = clock.now() + timedelta(seconds=1)
        async with service.transaction() as tx:
            await tx.set_timers("hold", [(held, 1, due_at), (free, 2, due_at)])
        await eventually(lambda: _fired(probe, str(free)), "the timer of another partition")
        assert not await _fired(probe, str(held))


async def _fired(probe: Probe, timer: str) -> bool:
    return bool(await probe.rows("select 1 from effect where event_id = $1", timer))


async def test_a_timer_that_is_due_when_it_is_set_waits_for_what_was_published_with_its_event(probe: Probe) -> None:
    """A sale reported days late must not be decided before the consent that was sent just ahead of it."""

    async def set_due(events: Sequence[Event[object]], tx: Transaction) -> None:
        late = [event for event in events if event.topic == "crm.sales"]
        await tx.set_timers("decide", [(UUID(event.id), event.partition, event.time) for event in late])

    hears = noting("company", "crm.contacts", "crm.sales", act=set_due)

    @hears.timer("decide")
    async def decide(due: Sequence[Due], tx: Transaction) -> None:
        known = await tx.fetch(
            "select event_id from effect where group_id = $1 and topic = 'crm.contacts'", hears.group
        )
        facts = " ".join(row["event_id"] for row in known)
        await tx.execute(FIRE, [f"{timer.id} knew {facts}" for timer in due])

    async with probe.running(hears) as service:
        await check(service, "ok")
        (sale,) = await probe.write("crm.sales", 3)
        await asyncio.sleep(0.7)
        (consent,) = await probe.write("crm.contacts", 3)

        async def decision() -> list[str]:
            rows = await probe.rows("select event_id from effect where group_id = 'timers'")
            return [row["event_id"] for row in rows if row["event_id"].startswith(sale)]

        (decided,) = await eventually(decision, "the decision")
        assert consent in decided

"""What two instances tell of the events that they apply, while one of them is killed."""

import asyncio
from contextlib import aclosing
from functools import partial

import pytest

from shared.engine.change_feed import ChangeFeed, Reset
from shared.engine.change_log import Page, Position, parse_position
from tests.integration.engine.probe import Probe, eventually, member, noting

pytestmark = [pytest.mark.stack, pytest.mark.slow]
TOPIC, GROUP = "crm.contacts", "support.told"


async def test_every_effect_is_told_once_in_order_and_stands_by_then(probe: Probe) -> None:
    """One of two members dies in the midst of a transaction; the listener leaves and comes back all the time."""
    written: dict[int, list[str]] = {partition: [] for partition in range(12)}
    found, over = list[str](), asyncio.Event()
    async with probe.running(noting("told", TOPIC, member="heir")) as service:
        await eventually(lambda: _has_handled(probe), "a first event")
        hearing = asyncio.create_task(_hear(probe, service.changes, found, over))
        with member(probe, "told", "killed", pause=0.3) as killed:
            await eventually(lambda: _both_handle(probe, written), "work for both members", within=60)
            killed.kill()
        for _ in range(3):
            await _write_everywhere(probe, written)
        for partition, ids in written.items():
            await probe.applied(GROUP, partition, ids, within=60)
            await eventually(partial(_told, found, ids), "news of each effect")
        over.set()
        await hearing
    for partition, ids in written.items():
        assert [id_ for id_ in found if id_ in set(ids)] == ids, f"each once, in order: {partition}"


async def _write_everywhere(probe: Probe, written: dict[int, list[str]]) -> None:
    for partition in written:
        written[partition] += await probe.write(TOPIC, partition, 5)


async def _has_handled(probe: Probe) -> bool:
    await probe.write(TOPIC, 0)
    return bool(await probe.rows("select from effect where group_id = $1 limit 1", GROUP))


async def _both_handle(probe: Probe, written: dict[int, list[str]]) -> bool:
    await _write_everywhere(probe, written)
    members = await probe.rows("select distinct member from effect where group_id = $1", GROUP)
    return {row["member"] for row in members} == {"heir", "killed"}


async def _told(found: list[str], ids: list[str]) -> bool:
    return set(ids) <= set(found)


async def _hear(probe: Probe, feed: ChangeFeed, found: list[str], over: asyncio.Event) -> None:
    position: Position | None = None
    while not over.is_set():
        async with aclosing(feed.listen(position)) as steps:
            for _ in range(4):
                step = await anext(steps)
                assert not isinstance(step, Reset)
                position = step.end
                if isinstance(step, Page):
                    # As a client that is cut off behind the middle one.
                    taken = step.entries[: len(step.entries) // 2 + 1]
                    position = parse_position(step.behind(taken[-1]))
                    news = [entry.line.event_id for entry in taken]
                    effects = "select count(*) from effect where group_id = $1 and event_id = any($2)"
                    ((standing,),) = await probe.rows(effects, GROUP, news)
                    assert standing == len(news)
                    found += news
                    break
                if over.is_set():
                    return

"""Timers: what is due, and what becomes of one that its handler refuses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.engine.subscription import Due, Subscription
from shared.engine.timers import clocked_topics, due_partitions, fire_due
from shared.errors import BadRecord, Transient
from shared.run.discovery import SERVICES, subscriptions_of
from tests.simulation.memory import MemoryDatabase
from tests.unit.engine.memory import database
from tests.unit.engine.records import HEARS, WALL

SOON, LATER = WALL + timedelta(minutes=1), WALL + timedelta(hours=1)


def subscription(*errors: Exception) -> Subscription:
    """Its handler notes what fires; timer n raises the n-th error."""
    hears = Subscription("marketing.follow-ups", kind="process", topics=[])

    @hears.timer("messages")
    async def fire(due: Sequence[Due], tx: Any) -> None:
        for one in due:
            if one.id.int < len(errors):
                raise errors[one.id.int]
            tx.put("fired", str(one.id.int), one.now)

    return hears


async def storage_with(*due: tuple[int, int]) -> MemoryDatabase:
    """Timers (id, partition), all due at WALL."""
    storage = database()
    async with storage.transaction() as tx:
        await tx.set_timers("messages", [(UUID(int=number), partition, WALL) for number, partition in due])
    return storage


def fired(storage: MemoryDatabase) -> list[str]:
    return sorted(number for _, number in storage.tables.rows)


def transient(error: Exception) -> bool:
    return isinstance(error, Transient)


async def test_what_a_partitions_own_watermark_has_passed_fires_together() -> None:
    storage = await storage_with((1, 0), (2, 0), (3, 1), (4, 2))
    watermarks = {0: WALL, 1: WALL - timedelta(seconds=1)}
    assert await fire_due(subscription(), storage, "messages", watermarks, 500, transient) == 2
    assert fired(storage) == ["1", "2"]
    assert sorted(id_.int for _, id_ in storage.tables.timers) == [3, 4]
    assert await fire_due(subscription(), storage, "messages", watermarks, 500, transient) == 0


async def test_at_most_so_many_fire_at_once() -> None:
    storage = await storage_with(*((number, 0) for number in range(1, 6)))
    assert await fire_due(subscription(), storage, "messages", {0: WALL}, 2, transient) == 2
    assert fired(storage) == ["1", "2"]


async def test_one_that_is_refused_is_set_aside_and_the_others_fire() -> None:
    storage = await storage_with((0, 0), (1, 0), (2, 0))
    broken = subscription(BadRecord("gone"), KeyError())
    assert await fire_due(broken, storage, "messages", {0: WALL}, 500, transient) == 3
    assert fired(storage) == ["2"]
    assert storage.tables.actions == [
        f"messages {UUID(int=0)} failed: gone",
        f"messages {UUID(int=1)} failed: unexpected",
    ]


async def test_what_others_lock_before_a_timer_is_locked_before_it_and_what_moved_meanwhile_stays() -> None:
    storage = await storage_with((1, 0), (2, 0), (3, 1))
    told: list[list[int]] = []
    hears = Subscription("marketing.follow-ups", kind="process", topics=[])

    async def lock(_: Any, ids: Sequence[UUID]) -> None:
        assert not storage.locks
        told.append([id_.int for id_ in ids])
        async with storage.transaction() as other:
            await other.set_timers("messages", [(UUID(int=1), 0, LATER)])

    @hears.timer("messages", locks_first=lock)
    async def fire(due: Sequence[Due], _: Any) -> None:
        told.append([one.id.int for one in due])

    assert await fire_due(hears, storage, "messages", {0: WALL}, 500, transient) == 1
    assert told == [[1, 2], [2]]
    assert sorted(id_.int for _, id_ in storage.tables.timers) == [1, 3]
    assert await fire_due(hears, storage, "messages", {0: WALL}, 500, transient) == 0
    assert told == [[1, 2], [2]]


async def test_an_infrastructure_error_leaves_all_of_them_due() -> None:
    storage = await storage_with((0, 0), (1, 0))
    for errors in ([Transient()], [KeyError(), Transient()]):
        with pytest.raises(Transient):
            await fire_due(subscription(*errors), storage, "messages", {0: WALL}, 500, transient)
        assert len(storage.tables.timers) == 2
        assert not storage.tables.actions


def test_a_partition_is_due_when_its_watermark_reaches_its_earliest_timer() -> None:
    earliest = {0: SOON, 1: SOON, 2: LATER, 3: SOON}
    assert due_partitions(earliest, {0: SOON, 1: WALL, 2: SOON}) == {0: SOON}


def test_only_topics_that_are_heard_and_carry_the_clock_decide() -> None:
    assert clocked_topics(HEARS) == ["crm.parties", "crm.sales"]
    with_timers = [each for service in SERVICES for each in subscriptions_of(service) if each.timers]
    assert len(with_timers) >= 3
    assert [each.group for each in with_timers if not clocked_topics(each)] == [], "their timers would wait for ever"

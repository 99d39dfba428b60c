"""A sender is woken, works without that, ends what it began, and writes down what came of it."""

import asyncio
from itertools import count

import pytest

from shared.mail import sending
from shared.mail.sending import Bell, send_on, settle


async def test_a_ring_ends_a_wait_and_one_before_it_too() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    await bell.ring()
    await asyncio.wait_for(waiting, 30)

    await bell.ring()
    await asyncio.wait_for(bell.wait(60), 30)


async def test_whoever_is_stopped_while_it_rings_is_stopped() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    await bell.ring()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_wait_ends_by_itself() -> None:
    await asyncio.wait_for(Bell().wait(0.01), 1)


async def test_a_batch_in_hand_is_ended_when_the_sender_is_stopped() -> None:
    """Once it has looked for what others left; no other batch is begun."""
    begun, may_end, log = asyncio.Event(), asyncio.Event(), list[str]()

    async def reconcile() -> None:
        log.append("reconciled")

    async def batch() -> int:
        log.append("begun")
        begun.set()
        await may_end.wait()
        log.append("ended")
        return 1

    working = asyncio.create_task(send_on(Bell(), batch, reconcile))
    await begun.wait()
    working.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert log == ["reconciled", "begun", "ended"]


@pytest.mark.parametrize("failures", [0, 1, 6, 7])
async def test_what_came_of_letters_is_written_down_once_that_can_be(
    monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(sending, "_SETTLE_PAUSES_S", (0.0,) * 6)
    tries = count(1)

    async def write_down() -> None:
        if next(tries) <= failures:
            raise ConnectionError

    if failures < 7:
        await settle(write_down, 1)
    else:
        with pytest.raises(ConnectionError):
            await settle(write_down, 1)
    assert next(tries) == min(failures, 6) + 2

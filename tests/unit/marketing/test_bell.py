"""The sender is woken, and works without."""

import asyncio

from services.marketing.sending.bell import Bell


async def test_ring_ends_a_wait_and_one_before_it_too() -> None:
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    await bell.ring()
    await asyncio.wait_for(waiting, 1)

    await bell.ring()
    await asyncio.wait_for(bell.wait(60), 1)


async def test_wait_ends_by_itself() -> None:
    bell = Bell()
    await asyncio.wait_for(bell.wait(0.01), 1)

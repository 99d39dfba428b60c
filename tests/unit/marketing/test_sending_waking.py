"""The sender is woken, and works without."""

import asyncio

from services.marketing.settings import Context


async def test_waking_ends_a_wait_and_one_before_it_too() -> None:
    context = Context()
    waiting = asyncio.create_task(context.wait_for_letters(60))
    await asyncio.sleep(0)
    await context.wake_sender()
    await asyncio.wait_for(waiting, 1)

    await context.wake_sender()
    await asyncio.wait_for(context.wait_for_letters(60), 1)


async def test_wait_ends_by_itself() -> None:
    await asyncio.wait_for(Context().wait_for_letters(0.01), 1)

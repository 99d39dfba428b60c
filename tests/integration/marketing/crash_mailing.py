"""`python -m tests.integration.marketing.crash_mailing DSN MAILDIR`: a mailing that RAPPORT_FAULT kills on its way."""

import asyncio
import sys
from datetime import timedelta

import asyncpg

from services.marketing.mailings.commands import work_step
from services.marketing.mailings.store import list_started
from tests.integration.marketing.crash import channel_of
from tests.integration.marketing.running import Marketing


async def bring_on(dsn: str, target: str) -> None:
    """Steps, timers and the sender by turns, as in a service whose clock moves on by itself."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        marketing = Marketing(pool, dsn)
        async with marketing.sender(channel_of(target)) as sender:
            await sender.reconcile()
            while True:
                async with marketing.transaction() as tx:
                    started = await list_started(tx)
                if not started:
                    return
                for name in started:
                    async with marketing.transaction() as tx:
                        await work_step(tx, name)
                await marketing.pass_time(marketing.now + timedelta(seconds=1))
                while await sender.send_batch():
                    pass


if __name__ == "__main__":
    asyncio.run(bring_on(*sys.argv[1:]))

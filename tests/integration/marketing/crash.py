"""`python -m tests.integration.marketing.crash DSN TARGET`: a sender that RAPPORT_FAULT kills."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from services.marketing.sending.channels.channel import Deliverer
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.sending.channels.webhook import Webhook
from tests.integration.marketing.provider import provider_at
from tests.integration.marketing.running import Marketing


def channel_of(target: str) -> Deliverer:
    """A mail server's URL, that of a provider of SMS, or the folder of a maildir."""
    if target.startswith("http:"):
        return Webhook("sms", provider_at(target))
    return Smtp(target, "shop@shop.example", 2, 5.0) if target.startswith("smtp:") else Maildir(Path(target), 500)


async def send(dsn: str, target: str) -> None:
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool,
        Marketing(pool, dsn).sender(channel_of(target)) as sender,
    ):
        await sender.send_batch()
        await sender.remove_erased()


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))

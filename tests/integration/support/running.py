"""Support over a real Postgres without Kafka."""

from typing import Any

import asyncpg

from services.support import handlers
from services.support.subscriptions import tickets
from tests.integration.running import Running

__all__ = ["Support", "handlers"]  # importing the handlers registers what the subscription hears


class Support(Running):
    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__("support", pool)

    async def heard(self, *events: Any) -> None:
        await self.hear(tickets, events)

    async def clear(self) -> None:
        await self.empty("reply", "status_change", "ticket", "party")

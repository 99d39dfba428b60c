"""Marketing over a real Postgres without Kafka: events and due timers are handed to its handlers as the engine does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from services.marketing import handlers
from services.marketing.catalogue.commands import publish_files
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.loyalty.domain.programme import Programme
from services.marketing.sending.channels.channel import Deliverer
from services.marketing.sending.domain.letter import FromAddress
from services.marketing.sending.worker import Sender
from services.marketing.settings import Context
from services.marketing.subscriptions import follow_ups
from shared.engine.timers import fire_due
from tests.integration.running import Running

__all__ = ["Marketing", "handlers"]  # importing the handlers registers what the subscription hears

TABLES = (
    "campaign",
    "product",
    "party",
    "consent",
    "refund",
    "ticket_change",
    "sale",
    "repeated_sale",
    "enrolment",
    "message",
    "timer",
    "dispatch",
    "delivery",
    "erased_letter",
    "suppression",
    "opt_in",
    "entry",
    "flow",
    "enrolment_request",
    "party_tag",
    "stage_change",
    "score",
    "restraint",
    "stopped_address",
    "stopped_identity",
    "lifted_address",
    "soft_bounce",
    "message_day",
    "programme",
    "points_account",
    "points_lot",
    "points_entry",
    "survey_reply",
    "survey_answer",
    "survey_sum",
    "segment",
    "segment_member",
    "segment_size",
    "segment_change",
    "returned",
    "mailing",
    "mailing_recipient",
)


class Marketing(Running):
    """`sender` is one of its senders; it runs on the stream's clock unless `wall` says otherwise."""

    def __init__(self, pool: asyncpg.Pool, dsn: str, *, wall: bool = False, programme: Programme | None = None) -> None:
        secret = "a secret of at least 32 characters"
        handles = {"sms": "phone:", "social": "external:chat"}
        self.sender_context = Context(not wall, "https://shop.example", secret, programme=programme, handles=handles)
        super().__init__("marketing", pool, self.sender_context)
        self.dsn = dsn

    async def publish(self, *definitions: Definition) -> list[str]:
        async with self.transaction() as tx:
            return await publish_files(tx, definitions)

    async def heard(self, *events: Any) -> None:
        await self.hear(follow_ups, events)

    async def pass_time(self, to: datetime) -> int:
        """Every partition's watermark moves to `to`, and what is due by then is decided; how many timers fired."""
        self.now = to
        marks = dict.fromkeys(range(12), to)
        fired = 0
        for name in ("segments", "segment changes", "requests", "flows", "messages", "points", "surveys"):
            while due := await fire_due(follow_ups, self.ledger, name, marks, 500, lambda _: True):
                fired += due if name == "messages" else 0
        return fired

    @asynccontextmanager
    async def sender(self, channel: Deliverer) -> AsyncIterator[Sender]:
        """With a connection of its own."""
        lock = await asyncpg.connect(self.dsn)
        try:
            address = FromAddress("shop@shop.example", "The Shop", "shop.example")
            sender = Sender(self, lock, channel, address, self.sender_context)
            await sender.open()
            yield sender
        finally:
            await lock.close()

    async def cut_off(self) -> None:
        """End every connection of the pool, as a restart of the database does."""
        own = await asyncpg.connect(self.dsn)
        await own.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool of the test'"
        )
        await own.close()

    async def wait_no_longer(self) -> None:
        """What was put off may be tried now."""
        await self.pool.execute("update dispatch set next_at = now() - interval '1 second' where owner is null")

    async def clear(self) -> None:
        await self.empty(*TABLES)

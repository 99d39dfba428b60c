"""Support over a real Postgres without Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import asyncpg
from pydantic import SecretStr

from services.support import handlers
from services.support.letters.worker import Sender
from services.support.main import create_context
from services.support.settings import Context, SupportSettings
from services.support.subscriptions import csat, routing, sla, stats, tickets, triage
from shared.engine.service import Service
from shared.engine.timers import fire_due
from shared.mail.smtp import SmtpClient
from tests.integration.running import Running

__all__ = ["Support", "handlers"]  # importing the handlers registers what the subscription hears


LINKED = SupportSettings(public_url="https://help.example", survey_secret=SecretStr("s" * 32))


@asynccontextmanager
async def opened(dsn: str, settings: SupportSettings = LINKED) -> AsyncIterator["Support"]:
    """Support over an empty database."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        support = Support(pool, settings)
        await support.clear()
        yield support


class Support(Running):
    def __init__(self, pool: asyncpg.Pool, settings: SupportSettings = LINKED) -> None:
        super().__init__("support", pool, create_context(settings))

    def sender(self, client: SmtpClient, settings: SupportSettings) -> Sender:
        return Sender(cast("Service", self), client, settings, cast("Context", self.context))

    async def heard(self, *events: Any) -> None:
        await self.hear(tickets, events)

    async def triaged(self, *events: Any) -> None:
        await self.hear(triage, events)

    async def followed(self, *events: Any) -> None:
        await self.hear(sla, events)

    async def routed(self, *events: Any) -> None:
        await self.hear(routing, events)

    async def rated(self, *events: Any) -> None:
        await self.hear(csat, events)

    async def counted(self, *events: Any) -> None:
        await self.hear(stats, events)

    async def pass_time(self, to: datetime) -> None:
        """Every partition's watermark moves to `to`, and what is due by then is done."""
        self.now = to
        marks = dict.fromkeys(range(12), to)
        for group in (tickets, sla, stats):
            for name in group.timers:
                while await fire_due(group, self.ledger, name, marks, 500, lambda _: True):
                    pass

    async def clear(self) -> None:
        await self.empty(
            "timer",
            "bulk_item",
            "bulk_action",
            "subtask",
            "ticket_viewer",
            "ticket_follower",
            "saved_view",
            "canned_reply",
            "deflection",
            "article_vector",
            "article_word",
            "article_text",
            "article",
            "stat_warning",
            "stat_product",
            "stat_sum",
            "stat_ticket",
            "csat",
            "csat_question",
            "csat_consent",
            "dispute_evidence",
            "dispute_step",
            "dispute",
            "assignment_step",
            "assignment",
            "agent_presence",
            "agent",
            "sla_told",
            "sla_promise",
            "sla_definition",
            "triage_guess",
            "triage_vector",
            "triage_example",
            "triage_model",
            "triage",
            "customer_value",
            "attachment",
            "attachment_content",
            "mail",
            "mailbox",
            "letter",
            "reply",
            "status_change",
            "ticket_reference",
            "ticket",
            "agreement",
            "party",
        )

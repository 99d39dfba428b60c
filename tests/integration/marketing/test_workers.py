"""What marketing does beside its handlers: months, publishing, the sender's loop."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from services.marketing.enrolments.store import SQL
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict
from shared.engine.postgres import DATABASE_ERRORS
from shared.errors import Transient
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, DAY, NOW, consent, definition, described, sale


async def open_month(marketing: Marketing, month: date) -> bool:
    return bool(await marketing.pool.fetchval(SQL["open_message_month"], month))


async def test_messages_of_an_open_month_lie_in_its_table(marketing: Marketing) -> None:
    await marketing.publish(definition())
    await marketing.heard(sale("s-1"))
    # A month that has messages in the default table keeps them there.
    assert not await open_month(marketing, NOW.date())
    await marketing.clear()
    await marketing.publish(definition())
    assert await open_month(marketing, date(2026, 5, 20))
    assert not await open_month(marketing, date(2026, 5, 1))
    await marketing.heard(sale("s-2", at=NOW + 70 * DAY), sale("s-3"))
    rows = await marketing.rows("select tableoid::regclass::text as place from message order by 1")
    assert [row["place"] for row in rows] == ["message_202605", "message_default"]


async def test_sales_wait_until_campaigns_are_published(marketing: Marketing) -> None:
    with pytest.raises(Transient, match="no campaign is published yet"):
        await marketing.heard(sale("s-1"))
    assert await marketing.rows("select from sale") == []


async def test_due_messages_are_found_through_the_index_of_their_months(marketing: Marketing) -> None:
    await marketing.publish(definition())
    async with marketing.pool.acquire() as connection:
        await connection.execute("set enable_seqscan = off")
        plan = await connection.fetch("explain " + SQL["load_due_messages"], [ADA], NOW, NOW, DAY)
    text = "\n".join(row[0] for row in plan)
    assert "message_default_pkey" in text
    assert "Seq Scan on message" not in text


async def test_sender_sends_when_it_is_told_and_finishes_its_batch_when_stopped(
    marketing: Marketing, tmp_path: Path
) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        working = asyncio.create_task(sender.work())
        await asyncio.sleep(0.2)
        await marketing.pass_time(NOW + DAY)
        await marketing.sender_context.letters.ring()
        while not await marketing.rows("select from message where outcome = 'sent'"):
            await asyncio.sleep(0.05)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert await marketing.rows("select outcome from message") == [{"outcome": "sent"}]
    assert await marketing.rows("select from dispatch") == []


class Waiting(Maildir):
    """Takes letters only once it is let go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 500)
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        self.asked.set()
        await self.let_go.wait()
        return await super().hand_over(letters)


@pytest.fixture
async def due(marketing: Marketing) -> Marketing:
    """One letter waits for a sender."""
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    return marketing


async def test_sender_that_lost_its_lock_ends_the_batch_in_hand_and_stops(due: Marketing, tmp_path: Path) -> None:
    channel = Waiting(tmp_path)
    async with due.sender(channel) as sender:
        pid = await sender._lock.fetchval("select pg_backend_pid()")
        working = asyncio.create_task(sender.work())
        await channel.asked.wait()
        await due.pool.execute("select pg_terminate_backend($1)", pid)
        asyncio.get_running_loop().call_later(0.1, channel.let_go.set)
        with pytest.raises(DATABASE_ERRORS):
            await asyncio.wait_for(working, 60)
    assert await due.rows("select outcome from message") == [{"outcome": "sent"}]


async def test_sender_uses_its_locks_connection_however_long_a_batch_takes(due: Marketing, tmp_path: Path) -> None:
    """Else it cannot be told from one that was stopped, whose letters others take over."""
    channel = Waiting(tmp_path)
    async with due.sender(channel) as sender:
        pid = await sender._lock.fetchval("select pg_backend_pid()")
        used = "select state_change from pg_stat_activity where pid = $1"
        working = asyncio.create_task(sender.work())
        await channel.asked.wait()
        before = await due.pool.fetchval(used, pid)
        async with asyncio.timeout(60):
            while await due.pool.fetchval(used, pid) == before:
                await asyncio.sleep(0.1)
        channel.let_go.set()
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

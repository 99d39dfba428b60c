"""What one process of marketing does with what it hears: sales enrolled, segments kept, frequency caps asked."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.cpu import Meter, Spent
from bench.rows import Row
from bench.sales import party, publish
from bench.setting import Sizes, fresh_stack, say, settle_collector
from services.marketing.catalogue.domain.reading import Source, read
from services.marketing.catalogue.worker import publishing
from services.marketing.enrolments.commands import open_months
from services.marketing.main import create_context, handlers
from services.marketing.segments.domain.definition import read_definition
from services.marketing.segments.worker import filling
from services.marketing.settings import Cap, MarketingSettings, Settings
from services.marketing.subscriptions import follow_ups
from shared.clock import rfc3339
from shared.engine.ledger import Outgoing
from shared.engine.partitions import partition_of
from shared.engine.service import Service
from shared.ids import new_id
from shared.sql import load_queries

__all__ = ["handlers", "measure"]  # importing the handlers registers what the subscription hears

SERVICE = "marketing"
_SQL = load_queries(Path(__file__).with_name("follow_ups.sql"))
_PATIENCE_S = 900
_CHUNK = 50_000
_WINDOW, _YEAR = 7, 366
"""Days of which a cap may know: of its window alone, and of a year."""
_MOST_CAPPED, _TURNS = 20_000, 4
_TEMPLATES = {"care.txt": "Subject: How to care for it\n\nHello {{ name }},\n\nwater it.\n"}
_CAMPAIGN = """
name: {name}
trigger: sale.completed
follow_up: true
purpose: marketing
when: {{channels: [{channel}]}}
steps: [{{wait: {wait}, content: [{{template: care}}]}}]
"""
_CAMPAIGNS = [
    read(Source(f"{name}.yaml", _CAMPAIGN.format(name=name, channel=channel, wait=wait), _TEMPLATES))
    for name, channel, wait in (("later", "web", "P1D"), ("now", "in_person", "PT0S"))
]
_SEGMENT = "name: loyal-buyers\nwhen: {party.stage: loyal, party.spent.DKK: {at_least: 1}}\n"


@dataclass(frozen=True, slots=True)
class Marketing:
    """The broker that the service hears, and its database as its operator sees it."""

    bootstrap: str
    dsn: str
    database: asyncpg.Connection
    pids: dict[str, int]
    sequences: dict[tuple[str, int], int] = field(default_factory=dict)

    async def tell(self, rows: Iterable[Outgoing]) -> None:
        await publish(self.bootstrap, rows, self.sequences)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """All of the service but its senders, whose letters the row `mailings` counts."""
        settings = Settings.model_validate(
            {"kafka": {"brokers": self.bootstrap}, "database": {"dsn": self.dsn}, "auth": {"mode": "off"}}
        )
        context = create_context(MarketingSettings(caps=(Cap(most=1, days=_WINDOW),)))
        segments = [read_definition(Source("loyal-buyers.yaml", _SEGMENT, {}))]
        workers = [publishing(_CAMPAIGNS), filling(segments), open_months]
        service = Service(SERVICE, settings, [follow_ups], workers=workers, context=context)
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    async def count(self, name: str, *about: object) -> int:
        return int(await self.database.fetchval(_SQL[name], *about))

    async def until(self, name: str, number: int, *about: object) -> int:
        """Until it comes to so many; how many it came to. Raises TimeoutError after a quarter of an hour."""
        async with asyncio.timeout(_PATIENCE_S):
            while (found := await self.count(name, *about)) < number:
                await asyncio.sleep(0.05)
        return found

    async def until_decided(self) -> None:
        """Until no party waits to be decided for a segment. Raises TimeoutError as `until` does."""
        async with asyncio.timeout(_PATIENCE_S):
            while await self.count("count_undecided"):
                await asyncio.sleep(0.05)


async def measure(sizes: Sizes) -> list[Row]:
    """The rows `enrolments`, `segments` and `frequency caps`."""
    settle_collector()
    async with _marketing() as marketing:
        async with marketing.at_work():  # a segment that is in force before the first party has nobody to go through
            await marketing.until("count_filled", 1)
        say(f"  {sizes.parties} parties with a consent are written")
        ids = [party(number) for number in range(sizes.parties)]
        for begin in range(0, len(ids), _CHUNK):
            await marketing.database.execute(_SQL["add_parties"], ids[begin : begin + _CHUNK])
        await marketing.database.execute(_SQL["add_consents"])
        await marketing.database.execute("vacuum analyze")
        rows = [
            await _enrolments(marketing, ids, sizes.engine_events),
            await _segments(marketing, ids, sizes.engine_events),
        ]
        async with marketing.at_work():
            return [*rows, await _caps(marketing, ids)]


@asynccontextmanager
async def _marketing() -> AsyncIterator[Marketing]:
    async with fresh_stack() as stack:
        await stack.ensure_databases(SERVICE)
        dsn = stack.superuser_dsn(SERVICE)
        database = await asyncpg.connect(dsn)
        try:
            yield Marketing(stack.bootstrap, dsn, database, stack.pids)
        finally:
            await database.close()


@dataclass(slots=True)
class _Backlog:
    """What waits on a topic before the service begins to hear it, and what it took to work it off.

    Time counts from when the first batch is seen to stand, so neither the generator nor joining the group is in it; of
    what is one batch, from when the service was up.
    """

    marketing: Marketing
    topic: str
    events: int = 0
    rate: float = 0.0
    spent: Spent = field(default_factory=lambda: Spent({}))

    @asynccontextmanager
    async def worked_off(self, rows: Iterable[Outgoing]) -> AsyncIterator[None]:
        """The body waits for what follows from them."""
        marketing = self.marketing
        before = await marketing.count("count_heard", follow_ups.group, self.topic)
        await marketing.tell(rows)
        end = sum(number for (topic, _), number in marketing.sequences.items() if topic == self.topic)
        async with marketing.at_work():
            begun, started, meter = before, time.perf_counter(), Meter(marketing.pids)
            first = await marketing.until("count_heard", before + 1, follow_ups.group, self.topic)
            if first < end:
                begun, started, meter = first, time.perf_counter(), Meter(marketing.pids)
            await marketing.until("count_heard", end, follow_ups.group, self.topic)
            yield
            self.events, self.spent = end - begun, meter.spent()
            self.rate = self.events / (time.perf_counter() - started)


async def _enrolments(marketing: Marketing, ids: Sequence[UUID], number: int) -> Row:
    """Each sale enrols its party, and plans a message that is due a day later; each party is decided for a segment."""
    say(f"  {number} sales are enrolled")
    dice, backlog = random.Random(1), _Backlog(marketing, "crm.sales")
    async with backlog.worked_off(_sold(dice.choice(ids), f"later-{place}", "web") for place in range(number)):
        pass
    async with marketing.at_work():
        await marketing.until_decided()
    return Row(
        "enrolments",
        backlog.rate,
        "sales",
        cpu_us=backlog.spent.total / backlog.events * 1e6,
        parties=len(ids),
        more=backlog.spent.per(backlog.events),
        note="with a message planned for the next day; a backlog, from the first batch to the last, in one process",
    )


async def _segments(marketing: Marketing, ids: Sequence[UUID], number: int) -> Row:
    """Each event changes the stage of another party, which is decided anew and enters if it bought something."""
    number = min(number, len(ids))
    say(f"  {number} parties become loyal, and those who bought enter a segment")
    backlog = _Backlog(marketing, "crm.contacts")
    async with backlog.worked_off(map(_became_loyal, random.Random(2).sample(ids, number))):
        await marketing.until_decided()
    return Row(
        "segments",
        backlog.rate,
        "events",
        cpu_us=backlog.spent.total / backlog.events * 1e6,
        parties=len(ids),
        more={**backlog.spent.per(backlog.events), "entered": await marketing.count("count_members")},
        note="a backlog, from the first batch to the last party that is decided, in one process",
    )


async def _caps(marketing: Marketing, ids: Sequence[UUID]) -> Row:
    """Messages that are due at once, and that a cap ends, to parties who were written to for a week and for a year."""
    part = min(_MOST_CAPPED, len(ids)) // (2 * _TURNS)
    parts = [(days, ids[turn * part : (turn + 1) * part]) for turn, days in enumerate((_WINDOW, _YEAR) * _TURNS)]
    for days, buyers in parts:
        await marketing.database.execute(_SQL["add_days"], buyers, days)
    await marketing.database.execute("vacuum analyze message_day")
    say(f"  {part * len(parts)} messages to parties who were written to on {_WINDOW} or on {_YEAR} days")
    costs, begun = dict.fromkeys((_WINDOW, _YEAR), 0.0), time.perf_counter()
    for turn, (days, buyers) in enumerate(parts, 1):
        meter = Meter(marketing.pids)
        await marketing.tell(_sold(buyer, f"now-{buyer}", "in_person") for buyer in buyers)
        await marketing.until("count_capped", turn * part)
        await marketing.until_decided()
        costs[days] += meter.spent().total / (part * _TURNS) * 1e6
    return Row(
        "frequency caps",
        part * len(parts) / (time.perf_counter() - begun),
        "messages",
        cpu_us=costs[_YEAR],
        parties=part * len(parts),
        more={"growth": costs[_YEAR] / costs[_WINDOW]},
        note=f"sold, enrolled, decided and ended; growth: with {_YEAR} days of history by {_WINDOW}, in turns",
    )


def _sold(buyer: UUID, name: str, channel: str) -> Outgoing:
    price = {"minor": 12995, "currency": "DKK"}
    line = {"sku": "A-17", "quantity": 1, "unit_price": price}
    told = {"sale_id": name, "channel": channel, "total": price, "lines": [line], "origin": "/shop", "party_version": 1}
    return _event("crm.sales", "crm.sale.completed.v1", buyer, f"sale/{name}", told)


def _became_loyal(buyer: UUID) -> Outgoing:
    told = {
        "stage": "loyal",
        "current": "loyal",
        "entered_at": rfc3339(datetime.now(UTC)),
        "cause_event_id": str(buyer),
    }
    return _event("crm.contacts", "crm.lifecycle.changed.v1", buyer, f"party/{buyer}", told)


def _event(topic: str, type_: str, buyer: UUID, subject: str, told: Mapping[str, object]) -> Outgoing:
    """Of this moment, as contacts would have told it."""
    now, key, id_ = rfc3339(datetime.now(UTC)), str(buyer), str(new_id())
    data = json.dumps({"party_id": key, "recorded_at": now, **told}, separators=(",", ":")).encode()
    return Outgoing(0, topic, partition_of(key), key, type_, id_, subject, now, id_, None, None, data)

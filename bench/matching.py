"""One record matched against all: what is asked of the index, compared and kept as a party is described anew."""

import random
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import asyncpg
from pydantic_core import to_json

from bench.cpu import Meter
from bench.names import misspelt, name_of
from bench.rows import Row
from bench.sales import party
from bench.setting import Sizes, fresh_stack, say, settle_collector
from deploy.embedded.stack import EmbeddedStack
from services.contacts.matching import commands as matching, store
from services.contacts.matching.domain.blocking import keys_of
from services.contacts.matching.domain.traits import traits_of
from services.contacts.matching.domain.whole import learn_model
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.postgres import PostgresTransaction
from shared.events.ingest import Address
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.ids import derived_id

_FEWEST = 10_000
_CHUNK, _WARM, _ASKED, _SAMPLE = 20_000, 200, 2_000, 5_000
_NOW = datetime.now(UTC)


class _Found(NamedTuple):
    """Milliseconds of each record, and what it took of processor time."""

    times: list[float]
    cpu_us: float
    postgres_us: float
    pairs: float


async def measure(sizes: Sizes) -> list[Row]:
    """The row `one record matched`: each committed before the next, as where somebody waits for it."""
    many = sizes.found_among
    stages = sorted({min(_FEWEST, many // 10), many // 10, many})
    found = {}
    async with fresh_stack() as stack:
        await stack.ensure_databases("contacts")
        connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
        try:
            for begin, end in pairwise([0, *stages]):
                await _write(connection, begin, end)
                if not begin:
                    await _learn(connection, end)
                found[end] = await _ask(stack, connection, end)
        finally:
            await connection.close()
    return [_row(found, many)]


def _row(found: Mapping[int, _Found], parties: int) -> Row:
    most, fewest = found[parties], min(found)
    return Row(
        "one record matched",
        1e3 / statistics.mean(most.times),
        "records",
        p50_ms=_percentile(most.times, 50),
        p99_ms=_percentile(most.times, 99),
        cpu_us=most.cpu_us,
        parties=parties,
        more={f"among_{number}_us": each.cpu_us for number, each in found.items()}
        | {"growth": most.cpu_us / found[fewest].cpu_us, "postgres_us": most.postgres_us, "pairs": most.pairs},
        note=f"a second copy of somebody or somebody new, in turns; growth: processor time, from {fewest:,} parties",
    )


async def _write(connection: asyncpg.Connection, begin: int, end: int) -> None:
    say(f"  {end} parties are written")
    for start in range(begin, end, _CHUNK):
        await _add(connection, start, min(start + _CHUNK, end))
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")
    settle_collector()


async def _learn(connection: asyncpg.Connection, parties: int) -> None:
    """Weights of these parties, as contacts learns them."""
    async with connection.transaction():
        tx = PostgresTransaction(connection, None, _NOW)
        model = learn_model(await store.sample_records(tx, _SAMPLE), 1, parties)
        await store.add_model(tx, model, parties, _NOW)


async def _ask(stack: EmbeddedStack, connection: asyncpg.Connection, parties: int) -> _Found:
    dice = random.Random(parties)
    for number in range(_WARM):
        await _match(connection, _asked(dice, parties, number))
    before = await connection.fetchval("select count(*) from duplicate")
    meter = Meter(stack.pids)
    times = [await _match(connection, _asked(dice, parties, number)) for number in range(_WARM, _WARM + _ASKED)]
    parts = meter.spent().parts
    pairs = (await connection.fetchval("select count(*) from duplicate") - before) / _ASKED
    cpu_us = (parts["bench"] + parts["postgres"]) / _ASKED * 1e6
    found = _Found(times, cpu_us, parts["postgres"] / _ASKED * 1e6, pairs)
    say(f"  p99 {_percentile(times, 99):.1f} ms, {cpu_us:,.0f} µs of processor time, {pairs:.2f} pairs asked about")
    return found


async def _match(connection: asyncpg.Connection, described: PartyDescribed) -> float:
    """In milliseconds, the commit included."""
    key, topic = str(described.party_id), "crm.parties"
    where = topic, partition_of(key), -1, key.encode()
    event = Event(key, "crm.party.described.v1", "/contacts", _NOW, _NOW, *where, key, None, described)
    begun = time.perf_counter()
    async with connection.transaction():
        tx = PostgresTransaction(connection, None, _NOW)
        await matching.compare_described(tx, [event])
        await tx.flush()
    return (time.perf_counter() - begun) * 1e3


def _asked(dice: random.Random, parties: int, number: int) -> PartyDescribed:
    """In turns a copy of one of the parties, its name misspelt, and somebody whom nobody knows."""
    if number % 2:
        return described_of(1_000_000_000 + parties * 10 + number)
    drawn = dice.randrange(parties)
    known = described_of(drawn)
    assert known.name
    return PartyDescribed(
        party_id=derived_id("copy", parties, number),
        version=1,
        kind="person",
        recorded_at=_NOW,
        name=misspelt(known.name),
        address=known.address,
        identities=[],
        birth_date=known.birth_date,
    )


def described_of(number: int) -> PartyDescribed:
    """The same for the same number: a person with a home, a birthday, an e-mail and a phone."""
    dice = random.Random(f"described {number}")
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(24_000))
    street = f"{name_of(dice.randrange(4_000)).split()[1]}vej {dice.randrange(1, 140)}"
    postal = 1000 + dice.randrange(900) * 10
    return PartyDescribed(
        party_id=party(number),
        version=1,
        kind="person",
        recorded_at=_NOW,
        name=name_of(number),
        address=Address(lines=[street], postal_code=str(postal), city=f"{name_of(postal).split()[1]}by"),
        identities=[
            KnownIdentity(id=derived_id("email", number), type="email", value=f"customer-{number}@example.com"),
            KnownIdentity(id=derived_id("phone", number), type="phone", value=f"+45{20_000_000 + number % 70_000_000}"),
        ],
        birth_date=born.isoformat(),
    )


async def _add(connection: asyncpg.Connection, begin: int, end: int) -> None:
    traits = {party(number): traits_of(described_of(number)) for number in range(begin, end)}
    records = ((party_id, to_json(each).decode()) for party_id, each in traits.items())
    await connection.copy_records_to_table("matching_record", columns=("party_id", "traits"), records=records)
    keys = ((key.number, party_id) for party_id, each in traits.items() for key in keys_of(each))
    await connection.copy_records_to_table("matching_key", columns=("key", "party_id"), records=keys)


def _percentile(times: list[float], part: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[part - 1]

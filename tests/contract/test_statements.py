"""Statements that no service's own tests prepare, and the plans of the engine's hot ones over full tables."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from shared.engine.event import Record
from shared.engine.ledger import Refusal
from shared.engine.postgres import SQL, PostgresTransaction
from shared.engine.postgres_relay import SQL as RELAY
from shared.engine.subscription import Subscription
from shared.run.discovery import SERVICES, subscriptions_of
from shared.sql import load_queries
from tests.integration.conftest import databases  # noqa: F401  the fixture
from tests.stack import migrated
from tests.unit.engine.records import WALL, outside

ROOT = Path(__file__).parents[2]
EVERYWHERE = (
    "shared/engine/changes.sql",
    "shared/engine/queries.sql",
    "shared/engine/operations.sql",
    "shared/engine/relay.sql",
    "shared/engine/rebuild.sql",
    "shared/http/idempotency.sql",
)


def search_path(service: str) -> str:
    """Where its statements find their tables: those of its projections first."""
    schemas = [subscription.schema for subscription in subscriptions_of(service) if subscription.schema]
    return ", ".join((*schemas, "public"))


@pytest.fixture(scope="module")
def dsns(databases: Databases) -> dict[str, str]:  # noqa: F811  the fixture
    """Of every service's owner, migrated."""
    return {service: migrated(databases, service) for service in SERVICES}


@asynccontextmanager
async def connected(dsn: str, search_path: str = "public") -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": search_path})
    try:
        yield connection
    finally:
        await connection.close()


@pytest.mark.parametrize("file", EVERYWHERE)
async def test_the_engines_statements_are_understood_by_every_database(file: str, dsns: dict[str, str]) -> None:
    for service, dsn in dsns.items():
        async with connected(dsn) as connection:
            for name, statement in load_queries(ROOT / file).items():
                prepared = await connection.prepare(statement)
                assert prepared.get_query() == statement, (service, name)


async def test_what_the_demo_reads_is_there_in_some_service(dsns: dict[str, str]) -> None:
    """Its files serve all four databases; a statement that none of them understands is out of date."""
    statements = {
        (file.parent.name, name): statement
        for file in ROOT.glob("demo/*/queries.sql")
        for name, statement in load_queries(file).items()
    }
    unknown = set(statements)
    for service, dsn in dsns.items():
        async with connected(dsn, search_path(service)) as connection:
            for name, statement in statements.items():
                try:
                    await connection.prepare(statement)
                except asyncpg.PostgresError:
                    continue
                unknown.discard(name)
    assert len(statements) > 20
    assert not unknown


FILL = """
insert into fence (group_id, topic, partition)
    select 'group-' || g, 'topic-' || t, p
    from generate_series(1, 40) as g, generate_series(1, 12) as t, generate_series(0, 11) as p;
insert into inbox (group_id, source, id)
    select 'group-' || n % 5, '/shop', 'id-' || n from generate_series(1, 20000) as n;
insert into parked
    (group_id, topic, partition, record_offset, key, headers, record_timestamp, reason, holds, handled_at)
    select 'group-' || n % 5, 'topic-' || n % 7, n % 12, n, ('key-' || n / 3)::bytea, '[]', 0, 'schema', true, now()
    from generate_series(1, 20000) as n;
insert into timer (name, id, partition, due_at, failed)
    select 'timer-' || n % 3, gen_random_uuid(), n % 12, now() + n * interval '1 second',
        case when n % 50 = 0 then 'refused' end
    from generate_series(1, 30000) as n;
insert into outbox (topic, partition, key, type, event_id, time, correlation_id)
    select 'topic-' || n % 7, n % 12, 'key-' || n, 'type', gen_random_uuid(), 'time', 'flow'
    from generate_series(1, 20000) as n;
insert into relay_batch
    select 0, 1, array_agg(id order by id), array_agg(id order by id) from outbox where id <= 500;
insert into relay_position (topic, partition, sequence)
    select 'topic-' || t, p, 1 from generate_series(1, 12) as t, generate_series(0, 11) as p;
"""
TABLES = ("fence", "inbox", "parked", "timer", "outbox", "relay_batch", "relay_position")


@pytest.fixture(scope="module")
def full(dsns: dict[str, str]) -> str:
    """A database whose engine has been at work for long."""

    async def fill() -> None:
        async with connected(dsns["support"]) as connection:
            await connection.execute(f"truncate {', '.join(TABLES)}")
            await connection.execute(FILL)
            await connection.execute(f"analyze {', '.join(TABLES)}")

    asyncio.run(fill())
    return dsns["support"]


A_TIME = "'2026-03-01T00:00:00Z'"
PLACES = "'{topic-1,topic-2}', '{0,1}'"
NONE = "'{0,0}'"
A_UUID = "'{00000000-0000-0000-0000-000000000001}'"
HOT = {
    "lock_fences": (f"'group-1', {PLACES}", "fence_pkey"),
    "conclude": (
        f"'group-1', {PLACES}, {NONE}, {NONE}, '{{a,b}}', {NONE}, '{{2026-03-01,2026-03-01}}', {NONE}, '{{a,a}}', '[]'"
        + ", '{}'" * 12,
        "fence_pkey",
    ),
    "advance_watermarks": (f"'group-1', {PLACES}, '{{1,1}}', '{{2,2}}', '{{2026-03-01,null}}'", "fence_pkey"),
    "ensure_fences": (f"'group-1', {PLACES}", None),
    "stop_fence": ("'group-1', 'topic-1', 0, 'lost'", "fence_pkey"),
    "admit": ("'group-1', '{/shop}', '{id-1}'", None),
    "held_keys": ("'group-1', 'topic-1', '{a,b}'", "parked_by_key"),
    "take_parked": ("'group-1', 'topic-1', 'a', 1", "parked_by_key"),
    "release": ("1", "parked_pkey"),
    "set_timers": (f"'timer-1', {A_UUID}, '{{0}}', '{{2026-03-01}}', '{{null}}'", None),
    "clear_timers": (f"'timer-1', {A_UUID}", "timer_pkey"),
    "next_timers": ("'{timer-1,timer-2}', '{0,1,2}'", "timer_due"),
    "find_due": ("'timer-1', '{0,1}', '{2026-03-01,2026-03-01}', 500", "timer_due"),
    "take_due_among": (f"'timer-1', '{{0,1}}', '{{2026-03-01,2026-03-01}}', {A_UUID}", "timer_pkey"),
    "take_due": ("'timer-1', '{0,1}', '{2026-03-01,2026-03-01}', 500", "timer_due"),
    "stored_batch": ("0", "outbox_pkey"),
    "outbox_depth": ("", "outbox_pkey"),
    "store_batch": ("'{1,2,3}', '{topic-1}', '{0}', '{1}', 0, 1, 500, false, 4000000", "outbox_pkey"),
}


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_of_the_engine_read_no_table_whole(full: str, name: str, mode: str) -> None:
    """The planner is free to choose, with statistics as after long work."""
    arguments, index = HOT[name]
    async with connected(full) as connection:
        await connection.execute(f"set plan_cache_mode = {mode}")
        await connection.execute(f"prepare hot as {({**SQL, **RELAY})[name]}")
        execute = f"execute hot ({arguments})" if arguments else "execute hot"
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain {execute}"))
    assert not re.search(r"Seq Scan on (fence|inbox|parked|timer|outbox)\b", plan), plan
    assert index is None or index in plan, plan


async def test_what_is_due_is_found_in_the_order_of_its_time(full: str) -> None:
    """However many timers wait: no sort of a partition's timers, and its limit ends the search."""
    async with connected(full) as connection:
        await connection.execute(f"prepare due as {SQL['take_due']}")
        plan = "\n".join(
            row[0]
            for row in await connection.fetch(f"explain execute due ('timer-1', '{{0}}', '{{{A_TIME[1:-1]}}}', 5)")
        )
    lateral = plan.partition("LockRows")[2]
    assert "timer_due" in lateral
    assert "Sort" not in lateral, plan


async def test_whatever_bytes_a_sender_puts_into_a_record_can_be_kept(dsns: dict[str, str]) -> None:
    headers = [("a\0b", b"\0\xff"), ("grøn", None), ("", b"")]
    key = b"\0\xff"
    record = Record("crm.ingest", 0, 0, key, b"\0\xff", headers, 2**63 - 1)
    group = Subscription("support.hostile", kind="process", topics=[])
    async with connected(dsns["support"]) as connection, connection.transaction():
        tx = PostgresTransaction(connection, group, WALL)
        await tx.quarantine([(record, Refusal("unreadable_header"))])
        await tx.park([(record, Refusal("schema"), WALL), (outside(place=(0, 1)), Refusal("schema"), WALL)])
        (hostile,) = await tx.take_parked("crm.ingest", key, 1)
        (plain,) = await tx.take_parked("crm.ingest", b"81", 1)
        await connection.execute("delete from parked where group_id = 'support.hostile'")
        await connection.execute("delete from quarantine where group_id = 'support.hostile'")
    assert (hostile.record.key, hostile.record.value) == (record.key, record.value)
    assert hostile.record.headers == (("a\\0b", b"\0\xff"), ("grøn", None), ("", b""))
    assert list(plain.record.headers) == list(outside().headers)

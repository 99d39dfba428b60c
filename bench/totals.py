"""The work that the engine and the bare loop both do: totals by party, in one upsert."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from bench.sales import party
from deploy.embedded.stack import EmbeddedStack
from shared.events.sales import SaleCompleted

SERVICE = "contacts"
"""Whose database lends the engine's tables."""

TABLES = """
create table bench_total (
    party_id uuid primary key, sales bigint not null, minor bigint not null) with (fillfactor = 80);
create table bench_inbox (id text primary key);
create table bench_line (
    party_id uuid, occurred_at timestamptz, recorded_at timestamptz, event_id text, type text, source text,
    summary text,
    primary key (party_id, occurred_at, recorded_at, event_id));
grant all on bench_total, bench_inbox, bench_line to public;
"""
UPSERT = """
insert into bench_total (party_id, sales, minor)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[])
on conflict (party_id) do update set
    sales = bench_total.sales + excluded.sales, minor = bench_total.minor + excluded.minor
"""
ADMIT = """
insert into bench_inbox select * from unnest($1::text[]) as new (id) order by id on conflict do nothing returning id
"""
FORGET = "truncate bench_inbox, bench_line, outbox"


def totals(sales: Sequence[SaleCompleted]) -> tuple[list[UUID], list[int], list[int]]:
    """The upsert's columns, folded by party and sorted."""
    folded: dict[UUID, tuple[int, int]] = {}
    for sale in sales:
        number, minor = folded.get(sale.party_id, (0, 0))
        folded[sale.party_id] = (number + 1, minor + sale.total.minor)
    parties = sorted(folded)
    return parties, [folded[one][0] for one in parties], [folded[one][1] for one in parties]


async def prepare(stack: EmbeddedStack, parties: int) -> str:
    """Make the tables, with a row for every party; returns the address of the database."""
    await stack.ensure_databases(SERVICE)
    dsn = stack.superuser_dsn(SERVICE)
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLES)
    for begin in range(0, parties, 50_000):
        rows = ((party(number), 1, 1) for number in range(begin, min(begin + 50_000, parties)))
        await connection.copy_records_to_table("bench_total", records=rows)
    await connection.execute("vacuum analyze bench_total")
    await connection.execute("checkpoint")
    await connection.close()
    return dsn


async def forget(dsn: str) -> None:
    """Between rounds, so that no round pays for the rows of another."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(FORGET)
    await connection.execute("vacuum analyze bench_total")
    await connection.close()

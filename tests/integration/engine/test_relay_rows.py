"""What the relay takes out of an outbox in Postgres at once."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from shared.engine.ledger import Outgoing
from shared.engine.outbox import COLUMNS
from shared.engine.postgres_relay import BATCH_BYTES, PostgresRelayLedger, hold_shard
from tests.stack import migrated

FEW = 1_000


@pytest.fixture(scope="module")
def dsn(databases: Databases) -> str:
    return migrated(databases, "support")


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(dsn)
    await opened.execute("truncate outbox, outbox_set_aside, relay_batch, relay_position")
    yield opened
    await opened.close()


async def add(connection: asyncpg.Connection, sizes: Sequence[int | None]) -> None:
    """Rows of one partition with payloads of these sizes; None for a removal."""
    rows = [
        (
            "crm.parties",
            3,
            "k",
            "crm.party.described.v1",
            f"00000000-0000-7000-8000-{number:012d}",
            None,
            "2026-03-01T09:30:00Z",
            "c",
            None,
            None,
            None if size is None else b"x" * size,
            None,
        )
        for number, size in enumerate(sizes, 1)
    ]
    await connection.copy_records_to_table("outbox", columns=COLUMNS, records=rows)


async def drain(ledger: PostgresRelayLedger, limit: int) -> list[list[tuple[Outgoing, int]]]:
    batches: list[list[tuple[Outgoing, int]]] = []
    sent: list[tuple[Outgoing, int]] = []
    while sent := await ledger.store(sent, limit):
        batches.append(sent)
    return batches


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([400, 400, 200, 1], [3, 1]),
        ([400, 5_000, 1, None], [1, 1, 2]),
        ([5_000, None, 5_000, None], [1, 1, 1, 1]),
        ([999, 2, None, 998, 1], [1, 3, 1]),
        ([None] * 7, [5, 2]),
        ([1] * 11, [5, 5, 1]),
        ([FEW, FEW], [1, 1]),
    ],
)
async def test_a_batch_has_at_most_so_many_rows_and_bytes_and_never_skips_a_row(
    sizes: Sequence[int | None], expected: Sequence[int], connection: asyncpg.Connection
) -> None:
    await add(connection, sizes)
    batches = await drain(PostgresRelayLedger(connection, 0, 1, FEW), 5)
    assert [len(batch) for batch in batches] == expected
    sent = [(None if row.payload is None else len(row.payload), number) for batch in batches for row, number in batch]
    assert sent == [(size, number) for number, size in enumerate(sizes, 1)]


async def test_a_relay_at_work_holds_no_more_than_its_bound(connection: asyncpg.Connection, dsn: str) -> None:
    """Two thousand rows of the largest size would be two gigabytes."""
    await add(connection, [1_000_000] * 13)
    async with hold_shard(dsn, 0, 1) as ledger:
        batches = await drain(ledger, 2_000)
    held = [sum(len(row.payload or b"") for row, _ in batch) for batch in batches]
    assert max(held) <= BATCH_BYTES
    assert sum(held) == 13 * 1_000_000

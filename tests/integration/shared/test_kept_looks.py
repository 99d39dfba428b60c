"""What a costly look found is handed out again, and never where the database shows something else by now."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import pytest

from shared.engine.postgres import PostgresTransaction
from shared.http.limits import SharedLooks, Turns
from shared.settings import HttpSettings
from tests.integration.shared.conftest import Base


class Counted:
    """A table that is counted at a cost."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.today = datetime(2026, 3, 1, 23, tzinfo=UTC)
        self.looks = 0
        self.kept = SharedLooks(Turns(HttpSettings(port=1)), self.read)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresTransaction]:
        async with self.pool.acquire() as connection:
            yield PostgresTransaction(connection, None, self.today, None)

    async def look(self) -> int:
        self.looks += 1
        async with self.pool.acquire() as connection:
            return int(await connection.fetchval("select count(*) from note"))

    async def count(self, asked: str = "all") -> int:
        return await self.kept.keep("notes", asked, self.look)


@pytest.fixture
async def counted(database: Base) -> AsyncIterator[Counted]:
    async with asyncpg.create_pool(database.superuser, min_size=3, max_size=3) as pool:
        await pool.execute("create table note (text text)")
        await pool.execute("alter system set autovacuum = off")  # it commits, too
        await pool.execute("select pg_reload_conf()")
        yield Counted(pool)


async def test_a_commit_ends_what_was_kept_also_one_that_began_before_the_look(counted: Counted) -> None:
    async with counted.pool.acquire() as other, counted.pool.acquire() as last:
        first = other.transaction()
        await first.start()
        await other.execute("insert into note values ('written before the look, committed after it')")
        assert [await counted.count() for _ in range(3)] == [0, 0, 0]
        assert counted.looks == 1
        second = last.transaction()
        await second.start()
        await last.execute("insert into note values ('begun later, committed sooner')")
        assert await counted.count() == 0
        await second.commit()
        assert await counted.count() == 1
        await first.commit()
        assert await counted.count() == 2
        third = last.transaction()
        await third.start()
        await last.execute("insert into note values ('taken back')")
        await third.rollback()
        assert await counted.count() == 2


async def test_what_is_committed_while_a_look_is_under_way_makes_it_old(counted: Counted) -> None:
    plain = counted.look

    async def write_meanwhile() -> int:
        found = await plain()
        await counted.pool.execute("insert into note values ('meanwhile')")
        return found

    assert await counted.kept.keep("notes", "all", write_meanwhile) == 0
    assert await counted.count() == 1


async def test_another_question_and_another_day_are_looked_at_anew(counted: Counted) -> None:
    await counted.count()
    await counted.count("other")
    assert counted.looks == 2
    counted.today = datetime(2026, 3, 2, 1, tzinfo=UTC)
    await counted.count()
    assert counted.looks == 3


async def test_only_so_many_answers_are_kept_and_the_one_least_asked_for_goes(counted: Counted) -> None:
    for number in range(32):
        await counted.count(str(number))
    await counted.count("0")
    await counted.count("32")
    assert counted.looks == 33
    await counted.count("0")
    assert counted.looks == 33, "was asked for again"
    await counted.count("1")
    assert counted.looks == 34, "was not"


async def test_a_look_that_fails_is_not_kept(counted: Counted) -> None:
    async def fail() -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await counted.kept.keep("notes", "all", fail)
    assert await counted.kept.keep("notes", "all", counted.look) == 0

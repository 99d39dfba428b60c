"""The log of changes on a real Postgres: no gap and no double, whatever order transactions commit in."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from deploy.embedded.databases import Databases
from shared.engine.change_feed import Beat, ChangeFeed, Reset, Step
from shared.engine.change_log import ChangeLog, Page, Position, parse_position
from shared.engine.changes import Line, written
from tests.stack import migrated
from tests.streams import ADD_CHANGE


@pytest.fixture(scope="module")
def dsn(databases: Databases) -> str:
    return migrated(databases, "support")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=12, server_settings={"timezone": "UTC"}) as pool:
        await pool.execute("truncate change; update change_horizon set told_at = default")
        yield pool


@pytest.fixture
async def feed(pool: asyncpg.Pool) -> AsyncIterator[ChangeFeed]:
    async with running(pool) as feed:
        yield feed


@asynccontextmanager
async def running(pool: asyncpg.Pool) -> AsyncIterator[ChangeFeed]:
    """An instance's."""
    feed = ChangeFeed(lambda: pool)
    looking = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def tell(executor: Any, *ids: str) -> None:
    await executor.execute(ADD_CHANGE, written([Line("crm.ticket.replied.v1", id_, None, None) for id_ in ids]))


def ids_of(step: Step) -> list[str]:
    return [entry.line.event_id for entry in step.entries] if isinstance(step, Page) else []


async def told(steps: AsyncGenerator[Step, None], number: int) -> list[str]:
    """The next so many."""
    found: list[str] = []
    async with asyncio.timeout(60):
        while len(found) < number:
            found += ids_of(await anext(steps))
    return found


async def test_what_commits_late_is_told_when_it_commits(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    """It was begun first and has the lowest number; others are told meanwhile, and the position passes it."""
    async with aclosing(feed.listen(None)) as steps, pool.acquire() as connection:
        assert isinstance(await anext(steps), Beat)
        slow = connection.transaction()
        await slow.start()
        await tell(connection, "slow")
        await tell(pool, "quick")
        assert await told(steps, 1) == ["quick"]
        await tell(pool, "later")
        assert await told(steps, 1) == ["later"]
        await slow.commit()
        assert await told(steps, 1) == ["slow"]


async def test_what_is_rolled_back_is_never_told(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    async with aclosing(feed.listen(None)) as steps, pool.acquire() as connection:
        await anext(steps)
        undone = connection.transaction()
        await undone.start()
        await tell(connection, "undone")
        await undone.rollback()
        await tell(pool, "stands")
        assert await told(steps, 1) == ["stands"]


async def test_two_that_waited_for_each_other_are_told_in_the_order_of_their_lock(pool: asyncpg.Pool) -> None:
    """The second drew its number first, as one does that writes something else before."""
    log = ChangeLog(lambda: pool)
    async with pool.acquire() as first, pool.acquire() as second:
        begin = await log.look()
        late, early = second.transaction(), first.transaction()
        await late.start()
        await second.fetchval("select pg_current_xact_id()::text")
        await early.start()
        await first.execute("select pg_advisory_xact_lock(77)")
        waiting = asyncio.create_task(second.execute("select pg_advisory_xact_lock(77)"))
        await tell(first, "first")
        await early.commit()
        await waiting
        await tell(second, "second")
        await late.commit()
    page = await log.read(begin, (await log.look()).base)
    assert page is not None
    assert ids_of(page) == ["first", "second"]


@pytest.mark.parametrize("seed", range(4))
async def test_every_listener_is_told_everything_once_wherever_it_goes_on(seed: int, pool: asyncpg.Pool) -> None:
    """Two instances; writers of all lengths; listeners that leave after any event and come back to any instance."""
    draw = random.Random(seed)
    over = asyncio.Event()
    wrote: list[str] = []

    async def write(writer: int) -> None:
        for number in range(30):
            async with pool.acquire() as connection, connection.transaction():
                await connection.fetchval("select pg_current_xact_id()::text")
                await asyncio.sleep(draw.choice((0, 0, 0.002, 0.05)))
                ids = [f"{writer}-{number}-{line}" for line in range(draw.choice((1, 1, 3, 40)))]
                await tell(connection, *ids)
                await asyncio.sleep(draw.choice((0, 0.002)))
            wrote.extend(ids)

    async def hear(feeds: list[ChangeFeed]) -> list[str]:
        position, found = start, list[str]()
        while not (over.is_set() and len(found) >= len(wrote)):
            position, more = await _some(draw.choice(feeds).listen(position), draw.randrange(1, 60), over, position)
            found += more
        return found

    async with running(pool) as one, running(pool) as two:
        start = await ChangeLog(lambda: pool).look()
        listeners = [asyncio.create_task(hear([one, two])) for _ in range(3)]
        await asyncio.gather(*(write(writer) for writer in range(6)))
        over.set()
        async with asyncio.timeout(60):
            for found in await asyncio.gather(*listeners):
                assert sorted(found) == sorted(wrote), "no gap, no double"
                for writer in range(6):
                    own = [id_ for id_ in found if id_.startswith(f"{writer}-")]
                    assert own == [id_ for id_ in wrote if id_.startswith(f"{writer}-")], "in order"


async def _some(
    steps: AsyncGenerator[Step, None], number: int, over: asyncio.Event, position: Position
) -> tuple[Position, list[str]]:
    """Up to so many events, and the position as a client has it then: as text, behind the last that it got."""
    found: list[str] = []
    async with aclosing(steps):
        while len(found) < number:
            try:
                async with asyncio.timeout(0.5 if over.is_set() else 5):
                    step = await anext(steps)
            except TimeoutError:
                break
            assert not isinstance(step, Reset)
            if isinstance(step, Page):
                taken = step.entries[: number - len(found)]
                found += [entry.line.event_id for entry in taken]
                parsed = parse_position(step.behind(taken[-1]))
                assert parsed is not None
                position = parsed
    return position, found


async def test_who_comes_back_while_it_is_kept_misses_nothing(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    log = ChangeLog(lambda: pool)
    position = await log.look()
    await tell(pool, "missed")
    await _age(pool, timedelta(minutes=14))
    old = Position(position.database, position.base._replace(at=position.base.at - 14 * 60 * 1_000_000))
    await log.purge()
    async with aclosing(feed.listen(old)) as steps:
        assert isinstance(await anext(steps), Beat)
        assert await told(steps, 1) == ["missed"]


async def test_who_comes_back_too_late_is_told_so(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    log = ChangeLog(lambda: pool)
    position = await log.look()
    await tell(pool, "gone")
    await _age(pool, timedelta(minutes=21))
    old = Position(position.database, position.base._replace(at=position.base.at - 21 * 60 * 1_000_000))
    await log.purge()
    async with aclosing(feed.listen(old)) as steps:
        found = [await anext(steps), await anext(steps)]
        assert isinstance(found[-1], Reset)
        await tell(pool, "news")
        assert await told(steps, 1) == ["news"]


async def _age(pool: asyncpg.Pool, by: timedelta) -> None:
    await pool.execute("update change set told_at = told_at - $1::interval", by)


Of = Callable[[Position], Position]


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(lambda p: Position("0" * 12, p.base), id="another database"),
        pytest.param(lambda p: Position(p.database, p.base._replace(ceiling=p.base.ceiling + 10**6)), id="a future"),
    ],
)
async def test_a_position_of_another_history_is_of_no_use(foreign: Of, pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    position = foreign(await ChangeLog(lambda: pool).look())
    async with aclosing(feed.listen(position)) as steps:
        assert isinstance(await anext(steps), Reset)


async def test_a_recovery_ends_what_was_told_before(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    async with aclosing(feed.listen(None)) as steps:
        await anext(steps)
        await pool.execute("insert into operator_action (action, subject) values ('recover', '{}')")
        assert isinstance(await anext(steps), Reset)
    await pool.execute("delete from operator_action")


async def test_a_listener_that_lags_reads_on_from_the_log(pool: asyncpg.Pool, feed: ChangeFeed) -> None:
    """More was told than is in memory, while it took nothing; another went on beside it."""
    async with aclosing(feed.listen(None)) as lagging, aclosing(feed.listen(None)) as quick:
        await anext(lagging)
        await anext(quick)
        for batch in range(30):
            await tell(pool, *(f"{batch}-{line}" for line in range(1_000)))
            assert len(await told(quick, 1_000)) == 1_000
        assert feed._lines <= 10_000
        found = await told(lagging, 30_000)
        assert found == [f"{batch}-{line}" for batch in range(30) for line in range(1_000)]


async def test_nothing_is_asked_of_the_database_while_nobody_listens(feed: ChangeFeed) -> None:
    async with aclosing(feed.listen(None)) as steps:
        await anext(steps)
    looks = feed._begun
    await asyncio.sleep(0.5)
    assert feed._begun <= looks + 1
    async with aclosing(feed.listen(None)) as steps:
        assert isinstance(await anext(steps), Beat)


async def test_a_feed_that_closes_ends_its_listeners(feed: ChangeFeed) -> None:
    async with AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(aclosing(feed.listen(None))) for _ in range(3)]
        for steps in listeners:
            await anext(steps)
        waiting: list[Awaitable[Step | None]] = [anext(steps, None) for steps in listeners]
        feed.close()
        async with asyncio.timeout(60):
            assert await asyncio.gather(*waiting) == [None, None, None]

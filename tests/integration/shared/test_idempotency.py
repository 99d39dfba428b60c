"""`Idempotency-Key` on a real Postgres: acts once, answers the same, waits its turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends

from shared.engine.change_feed import ChangeFeed
from shared.engine.checks import Check
from shared.errors import Stale
from shared.http.app import Once, Principal, build_app, idempotent
from shared.http.idempotency import SQL, forget_answers
from shared.run.migrate import migrate
from shared.settings import ServiceSettings
from tests.integration.running import plan_without_seqscan
from tests.integration.shared.conftest import Base

router = APIRouter(prefix="/v1/notes")
KEY = {"Idempotency-Key": "7f3c-1"}
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"


class Notes:
    """A service with one table. `delay` holds a write open; `obstacles` are raised, one a try."""

    subscriptions = ()
    name = "notes"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.changes = ChangeFeed(lambda: pool)
        self.delay = 0.0
        self.obstacles: list[Exception] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def ready(self) -> list[Check]:
        return []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    read = transaction

    async def count(self) -> int:
        return int(await self.pool.fetchval("select count(*) from note"))


@router.post("/{shelf}", status_code=201)
async def write_note(shelf: str, new: dict[str, str], once: Annotated[Once, Depends(idempotent)]) -> Any:
    service = once._service
    assert isinstance(service, Notes)

    async def act(tx: Any) -> dict[str, object]:
        number = await tx.fetchval("insert into note (shelf, text) values ($1, $2) returning id", shelf, new["text"])
        await asyncio.sleep(service.delay)
        if service.obstacles:
            raise service.obstacles.pop(0)
        return {"id": number, "shelf": shelf}

    return await once.write(act, status=201)


@router.post("/{first}/{then}")
async def count_both(first: str, then: str, once: Annotated[Once, Depends(idempotent)]) -> Any:
    service = once._service
    assert isinstance(service, Notes)

    async def act(tx: Any) -> None:
        for shelf in (first, then):
            await tx.execute("update note set text = text::integer + 1 where shelf = $1", shelf)
            await asyncio.sleep(service.delay)

    return await once.write(act)


class Named:
    """Whoever asks is who the header says."""

    async def speaker(self, authorization: str) -> Principal:
        return Principal(authorization or "staff-1", frozenset())


@pytest.fixture
async def notes(database: Base) -> AsyncIterator[Notes]:
    await asyncio.to_thread(migrate, "support", database.owner)
    async with asyncpg.create_pool(database.superuser, min_size=1, max_size=8) as pool:
        await pool.execute("create table note (id serial, shelf text, text text)")
        yield Notes(pool)


@pytest.fixture
async def http(notes: Notes) -> AsyncIterator[httpx.AsyncClient]:
    settings = ServiceSettings.model_validate(
        {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": "postgresql://"}, "auth": {"mode": "off"}}
    )
    app = build_app(notes, settings, [router])
    app.state.authenticator = Named()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_the_key_of_one_agent_is_no_answer_to_another(http: httpx.AsyncClient, notes: Notes) -> None:
    await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    other = await http.post("/v1/notes/a", json={"text": "x"}, headers={**KEY, "Authorization": "staff-2"})
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (422, "idempotency_key_reused")
    assert await notes.count() == 1


async def test_two_keys_are_refused(http: httpx.AsyncClient, notes: Notes) -> None:
    keys = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    answer = await http.post("/v1/notes/a", json={"text": "x"}, headers=keys)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert await notes.count() == 0


async def test_a_repetition_gets_the_first_answer_and_does_nothing(http: httpx.AsyncClient, notes: Notes) -> None:
    first = await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    again = await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    assert (first.status_code, first.json()) == (201, {"id": 1, "shelf": "a"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert await notes.count() == 1


@pytest.mark.parametrize(("shelf", "text"), [("a", "y"), ("b", "x")], ids=["other body", "other path"])
async def test_another_request_with_the_key_is_refused(
    shelf: str, text: str, http: httpx.AsyncClient, notes: Notes
) -> None:
    await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    other = await http.post(f"/v1/notes/{shelf}", json={"text": text}, headers=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:rapport:problem:idempotency_key_reused"
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await notes.count() == 1


async def test_without_a_key_every_request_acts(http: httpx.AsyncClient, notes: Notes) -> None:
    for _ in range(2):
        assert (await http.post("/v1/notes/a", json={"text": "x"})).status_code == 201
    assert await notes.count() == 2


async def test_at_the_same_time_one_acts_and_the_others_wait_for_its_answer(
    http: httpx.AsyncClient, notes: Notes
) -> None:
    notes.delay = 0.2
    answers = await asyncio.gather(*(http.post("/v1/notes/a", json={"text": "x"}, headers=KEY) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.content for answer in answers} == {b'{"id":1,"shelf":"a"}'}
    assert await notes.count() == 1


async def test_what_was_refused_may_be_tried_again(http: httpx.AsyncClient, notes: Notes) -> None:
    notes.obstacles = [Stale("read it again")]
    assert (await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)).status_code == 409
    assert (await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)).status_code == 201
    assert await notes.count() == 1


@pytest.mark.parametrize(("deadlocks", "status"), [(4, 201), (5, 503)])
async def test_the_loser_of_a_deadlock_tries_again(
    deadlocks: int, status: int, http: httpx.AsyncClient, notes: Notes
) -> None:
    notes.obstacles = [asyncpg.DeadlockDetectedError() for _ in range(deadlocks)]
    answer = await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, None if status == 201 else "1")
    assert await notes.count() == (status == 201)


async def test_two_who_wait_for_each_other_are_both_answered(http: httpx.AsyncClient, notes: Notes) -> None:
    for shelf in ("a", "b"):
        await http.post(f"/v1/notes/{shelf}", json={"text": "0"})
    notes.delay = 0.2
    before = await notes.pool.fetchval(DEADLOCKS)
    ways = (("a", "b"), ("b", "a"))
    answers = await asyncio.gather(*(http.post(f"/v1/notes/{first}/{then}") for first, then in ways))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [row["text"] for row in await notes.pool.fetch("select text from note")] == ["2", "2"]
    while await notes.pool.fetchval(DEADLOCKS) == before:  # told a moment later; that there was one makes this a test
        await asyncio.sleep(0.1)


async def test_after_a_day_a_key_is_free_and_old_ones_go(http: httpx.AsyncClient, notes: Notes) -> None:
    for number in range(4):
        await http.post("/v1/notes/a", json={"text": "x"}, headers={"Idempotency-Key": f"old-{number}"})
    await http.post("/v1/notes/a", json={"text": "x"}, headers=KEY)
    await notes.pool.execute("update idempotency set created_at = now() - interval '25 hours'")
    assert (await http.post("/v1/notes/a", json={"text": "other"}, headers=KEY)).json()["id"] == 6
    assert await notes.pool.fetchval("select count(*) from idempotency") == 3
    assert (await http.post("/v1/notes/a", json={"text": "other"}, headers=KEY)).json()["id"] == 6


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "\u00e9"])
async def test_a_key_is_short_and_ascii(key: str, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/notes/a", json={"text": "x"}, headers=[(b"Idempotency-Key", key.encode())])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


async def test_an_answer_that_names_somebody_who_is_erased_is_forgotten(http: httpx.AsyncClient, notes: Notes) -> None:
    """Whatever holds its name; another one's is kept, and nothing acts twice."""
    ada, bob = UUID(int=1), UUID(int=2)
    for number, each in enumerate((ada, bob)):
        await http.post(f"/v1/notes/of-{each}", json={"text": "x"}, headers={"Idempotency-Key": f"k-{number}"})
    async with notes.transaction() as tx:
        assert await forget_answers(tx, []) == 0
        assert await forget_answers(tx, [ada, UUID(int=3)]) == 1
        assert await forget_answers(tx, [ada]) == 0
    first = await http.post(f"/v1/notes/of-{ada}", json={"text": "x"}, headers={"Idempotency-Key": "k-0"})
    second = await http.post(f"/v1/notes/of-{bob}", json={"text": "x"}, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, second.status_code, second.headers["Idempotent-Replayed"]) == (410, 201, "true")
    other = await http.post(f"/v1/notes/of-{ada}", json={"text": "y"}, headers={"Idempotency-Key": "k-0"})
    assert other.json()["type"].rpartition(":")[2] == "idempotency_key_reused"
    assert await notes.count() == 2


async def test_whom_an_answer_named_is_looked_up_and_goes_with_the_answer(
    http: httpx.AsyncClient, notes: Notes
) -> None:
    """Two ids may have one hash. Answers of before there were hashes are read."""
    ada, bob = UUID(int=1), UUID(int=2)
    for number, each in enumerate((ada, bob, ada)):
        await http.post(f"/v1/notes/of-{each}", json={"text": "x"}, headers={"Idempotency-Key": f"k-{number}"})
    await notes.pool.execute("update idempotency set named = null where key = 'k-2'")
    of_ada = "(select named from idempotency where key = 'k-0')"
    await notes.pool.execute(f"update idempotency set named = {of_ada} where key = 'k-1'")
    async with notes.transaction() as tx:
        assert await forget_answers(tx, [ada]) == 2
    kept = "select key, body is null as gone, cardinality(named) as named from idempotency order by key"
    rows = [tuple(row) for row in await notes.pool.fetch(kept)]
    assert rows == [("k-0", True, 0), ("k-1", False, 1), ("k-2", True, 0)]
    plan = await plan_without_seqscan(notes.pool, SQL["forget_answers"], f"'{{{ada}}}', '{{7}}'")
    assert "Seq Scan on idempotency" not in plan
    assert "idempotency_named" in plan

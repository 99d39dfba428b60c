"""`GET /v1/changes` over real sockets, with tokens as in production."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn

from deploy.embedded.databases import Databases
from shared.engine.changes import Line, written
from shared.http.app import build_app
from shared.run.protocol import Limits, limited_protocol
from shared.settings import AuthSettings, HttpSettings
from tests.integration.running import Running
from tests.stack import migrated
from tests.streams import ADD_CHANGE, Events
from tests.unit.http.desk import settings_with
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

ADA, BOB = "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11", "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d12"
SALE, REPLY = "crm.sale.completed.v1", "crm.ticket.replied.v1"
HTTP = HttpSettings(max_streams=4, max_streams_each=3, unread_s=1)


@pytest.fixture(scope="module")
def dsn(databases: Databases) -> str:
    return migrated(databases, "support")


@pytest.fixture
async def desk(dsn: str) -> AsyncIterator[Running]:
    async with asyncpg.create_pool(dsn, min_size=1, server_settings={"timezone": "UTC"}) as pool:
        await pool.execute("truncate change")
        desk = Running("desk", pool)
        looking = asyncio.create_task(desk.changes.run())
        yield desk
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@pytest.fixture
async def url(desk: Running, tmp_path: Path) -> AsyncIterator[str]:
    (tmp_path / "jwks.json").write_text(jwks("ES256"))
    auth = AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(tmp_path / "jwks.json"))
    app = build_app(desk, settings_with(auth, **HTTP.model_dump()), [])
    config = uvicorn.Config(app, port=0, http=limited_protocol(Limits.of(HTTP)), ws="none", log_config=None)
    server = uvicorn.Server(config)
    with contextlib.closing(config.bind_socket()) as socket:
        task = asyncio.create_task(server.serve([socket]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            app.state.end_streams()
            server.should_exit = True
            await task


@asynccontextmanager
async def stream(
    url: str, *, last_id: str = "", claims: dict[str, Any] | None = None, **query: Any
) -> AsyncIterator[Events]:
    headers = {"Authorization": f"Bearer {token(**(claims or {}))}"} | ({"Last-Event-ID": last_id} if last_id else {})
    async with (
        httpx.AsyncClient(timeout=60) as http,
        http.stream("GET", f"{url}/v1/changes", params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        events = Events(answer)
        name, _ = await events.next()
        assert name in {"beat", "reset"}
        yield events


async def tell(desk: Running, *lines: Line) -> None:
    await desk.pool.execute(ADD_CHANGE, written(lines))


EVERYTHING = [
    Line(SALE, "ada-sale", "sale/1", ADA),
    Line(REPLY, "ada-reply", "ticket/7", ADA),
    Line(SALE, "bob-sale", "sale/2", BOB),
    Line("crm.campaign.published.v1", "campaign", "campaign/thanks", None),
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, ["ada-sale", "ada-reply", "bob-sale", "campaign"], id="everything"),
        pytest.param({"subject": "", "type": " "}, ["ada-sale", "ada-reply", "bob-sale", "campaign"], id="blanks"),
        pytest.param({"subject": "sale/2"}, ["bob-sale"], id="a subject"),
        pytest.param({"subject": f"party/{ADA.upper()}"}, ["ada-sale", "ada-reply"], id="a party"),
        pytest.param({"subject": ["sale/1", "campaign/thanks"]}, ["ada-sale", "campaign"], id="several subjects"),
        pytest.param({"type": "sale.completed"}, ["ada-sale", "bob-sale"], id="a type by its short name"),
        pytest.param({"type": REPLY, "subject": f"party/{ADA}"}, ["ada-reply"], id="a type of a party"),
        pytest.param({"claims": {"scope": "party:own", "party_id": BOB}}, ["bob-sale"], id="one's own"),
    ],
)
async def test_a_stream_tells_what_was_asked_for_and_nothing_else(
    query: dict[str, Any], expected: list[str], desk: Running, url: str
) -> None:
    async with stream(url, **query) as events:
        await tell(desk, *EVERYTHING)
        await tell(desk, *EVERYTHING)
        assert [await events.news() for _ in range(2 * len(expected))] == expected * 2


async def test_a_stream_ends_after_so_many_changes_or_seconds(desk: Running, url: str) -> None:
    of_bob = {"scope": "party:own", "party_id": BOB}
    async with stream(url, limit=2) as few, stream(url, seconds=1, claims=of_bob, subject=f"party/{ADA}") as none:
        await tell(desk, *EVERYTHING)
        assert await few.all_news() == ["ada-sale", "ada-reply"]
        assert await none.all_news() == [], "another's changes are not one's own"


async def test_a_change_names_subject_type_event_and_party(desk: Running, url: str) -> None:
    async with stream(url, limit=1) as events:
        await tell(desk, *EVERYTHING)
        expected = {"subject": "sale/1", "type": SALE, "event_id": "ada-sale", "party_id": ADA}
        assert await events.next() == ("message", expected)


@pytest.mark.parametrize("by", ["header", "query"])
async def test_it_goes_on_behind_any_event(by: str, desk: Running, url: str) -> None:
    last_id, found = "", list[str]()
    for turn in range(6):
        again: dict[str, Any] = {"last_id": last_id} if by == "header" else {"after": last_id} if last_id else {}
        async with stream(url, **again) as events:
            if not turn:
                await tell(desk, *EVERYTHING)
                await tell(desk, Line(REPLY, "last", None, ADA), Line(REPLY, "very last", None, ADA))
            found.append(await events.news())
            last_id = events.last_id
    assert found == ["ada-sale", "ada-reply", "bob-sale", "campaign", "last", "very last"]


@pytest.mark.parametrize("id_", ["7", "{}", "0" * 12 + "-1.2"])
async def test_what_is_no_position_here_begins_anew(id_: str, url: str) -> None:
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {token()}", "Last-Event-ID": id_}
        answer = await http.get(f"{url}/v1/changes", params={"limit": 0}, headers=headers)
    assert "event: reset\n" in answer.text


async def test_a_stream_ends_with_its_token(url: str) -> None:
    async with stream(url, claims={"exp": time.time() + 1}) as events:
        assert await events.all_news() == []


async def test_head_is_answered_and_ends(url: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.head(f"{url}/v1/changes", headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_streams_beyond_the_limits_are_refused_and_may_come_once_others_have_gone(url: str) -> None:
    mine, others = {"Authorization": f"Bearer {token()}"}, {"Authorization": f"Bearer {token(sub='staff-13')}"}
    async with contextlib.AsyncExitStack() as stack, httpx.AsyncClient() as http:
        for _ in range(HTTP.max_streams_each):
            await stack.enter_async_context(stream(url))
        refused = await http.get(f"{url}/v1/changes", headers=mine)
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:rapport:problem:busy")
        await stack.enter_async_context(stream(url, claims={"sub": "staff-13"}))
        assert (await http.get(f"{url}/v1/changes", headers=others)).status_code == 503
        await stack.aclose()
        async with asyncio.timeout(60):
            while (await http.get(f"{url}/v1/changes", params={"limit": 0}, headers=mine)).status_code == 503:
                await asyncio.sleep(0.1)


async def test_who_reads_nothing_is_cut_off_delays_nobody_and_misses_nothing(desk: Running, url: str) -> None:
    """Its connection goes with what was held for it; with its last id it gets the rest."""
    lines = [[Line(REPLY, f"{batch}-{line}", "ticket/7", ADA) for line in range(500)] for batch in range(60)]
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_000)
    ask = f"GET /v1/changes HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token()}\r\n\r\n"
    writer.write(ask.encode())
    async with stream(url) as quick:
        await asyncio.sleep(0.5)
        for batch in lines:
            await tell(desk, *batch)
            for line in batch:
                assert await quick.news() == line.event_id
    received = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(60):
            while more := await reader.read(1 << 20):
                received += more
    writer.close()
    fields = [line.partition(": ") for line in received.decode().rpartition("\n\n")[0].split("\n")]
    ids = [value for field, _, value in fields if field == "id"]
    got = [json.loads(value)["event_id"] for field, _, value in fields if field == "data" and "event_id" in value]
    expected = [line.event_id for batch in lines for line in batch]
    assert len(got) < len(expected), "it was cut off"
    assert got == expected[: len(got)]
    async with stream(url, last_id=ids[-1], limit=len(expected) - len(got)) as rest:
        assert await rest.all_news() == expected[len(got) :]

"""What a stranger may send before anything is known of it, over real sockets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shared.run.protocol import Limits, limited_protocol

LIMITS = Limits(head_bytes=2_000, url_bytes=300, head_s=0.3, connections=3, unread_s=0.3)
CUT_OFF: list[str] = []
"""What the application was told at the end of each answer that nobody read."""
ASKS = b"GET /%b HTTP/1.1\r\nhost: x\r\n%b\r\n"


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    if scope["path"] == "/endless":
        await _answer_on(receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _answer_on(receive: Receive, send: Send) -> None:
    """Until the connection is gone."""
    gone = asyncio.ensure_future(receive())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while not gone.done():
        await send({"type": "http.response.body", "body": b"more" * 10_000, "more_body": True})
        await asyncio.sleep(0)
    CUT_OFF.append((await gone)["type"])


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    config = uvicorn.Config(
        answers, port=0, http=limited_protocol(LIMITS), ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    server.config.load()
    with contextlib.closing(config.bind_socket()) as socket:
        task = asyncio.create_task(server.serve([socket]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield socket.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def answer_to(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes back until the connection ends, or until the answer to a sound request is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(_answer(reader))
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
    received = await answer
    writer.close()
    return received


async def _answer(reader: asyncio.StreamReader) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(5):
            while not received.endswith(b"\r\n\r\nok") and (more := await reader.read(65_536)):
                received += more
    return received


def problem_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    document = json.loads(body)
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert head.startswith(b"HTTP/1.1 %d " % document["status"])
    return document["status"], document["type"].rpartition(":")[2]


@pytest.mark.parametrize(
    ("parts", "status", "reason"),
    [
        pytest.param([ASKS % (b"", b"x: %b\r\n" % (b"y" * 3_000))], 431, "head_too_large", id="one large header"),
        pytest.param([ASKS % (b"", b"x: y\r\n" * 500)], 431, "head_too_large", id="many headers"),
        pytest.param(
            [b"GET / HTTP/1.1\r\nx: ", *[b"y" * 500] * 6], 431, "head_too_large", id="a header without an end"
        ),
        pytest.param([b"GET /" + b"y" * 3_000], 431, "head_too_large", id="a line without an end"),
        pytest.param(["GET /å HTTP/1.1\r\n\r\n".encode()], 400, "bad_request", id="an address beyond ASCII"),
        pytest.param([b"\x16\x03\x01\x00\xa5"], 400, "bad_request", id="TLS without TLS"),
        pytest.param(
            [b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"], 400, "bad_request", id="two lengths"
        ),
        pytest.param([ASKS % (b"y" * 400, b"")], 414, "url_too_long", id="a long URL"),
        pytest.param([b"GET / HTTP/1.1\r\nhost: x\r\n"], 408, "too_slow", id="a head that does not end"),
    ],
)
@pytest.mark.slow
async def test_a_head_beyond_the_limits_is_refused(parts: list[bytes], status: int, reason: str) -> None:
    async with served() as port:
        assert problem_of(await answer_to(port, *parts)) == (status, reason)
        assert (await answer_to(port, ASKS % (b"", b""))).endswith(b"ok")


@pytest.mark.slow
async def test_a_head_that_drips_is_given_up() -> None:
    """However many bytes still come: time is what counts."""
    async with served() as port:
        drips = [b"GET / HTTP/1.1\r\n", *(b"x%d: y\r\n" % number for number in range(8))]
        assert problem_of(await answer_to(port, *drips, pause=0.08)) == (408, "too_slow")


async def test_a_body_is_no_part_of_the_head() -> None:
    posted = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n" + b"y" * 5_000
    async with served() as port:
        assert (await answer_to(port, posted)).endswith(b"ok")
        assert (await answer_to(port, *(posted[begin : begin + 900] for begin in range(0, len(posted), 900)))).endswith(
            b"ok"
        )


async def test_requests_of_one_connection_have_a_head_each() -> None:
    """Together they are longer than one may be, one after the other and at once."""
    one = ASKS % (b"", b"x: %b\r\n" % (b"y" * 1_500))
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(one)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()


@pytest.mark.slow
async def test_an_answer_that_nobody_reads_is_cut_off() -> None:
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        async with asyncio.timeout(30):
            while not CUT_OFF:
                await asyncio.sleep(0.01)
            with contextlib.suppress(ConnectionError):  # what was on its way still comes
                while await reader.read(1 << 20):
                    pass
        writer.close()


async def test_connections_beyond_the_limit_are_told_so() -> None:
    async with served() as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(LIMITS.connections)]
        await asyncio.sleep(0.05)
        assert problem_of(await answer_to(port, ASKS % (b"", b""))) == (503, "busy")
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.05)
        assert (await answer_to(port, ASKS % (b"", b""))).endswith(b"ok")

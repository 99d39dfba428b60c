"""HTTP clients in a process of their own: `python -m bench.load PORT SECONDS CLIENTS KIND ARGUMENTS…`.

`view PARTIES`, `past PARTIES`, `find PARTIES` and `names PARTIES` ask for parties drawn at random, `duplicates` for
those that may be one, `create FIRST` writes new ones from that number on, `batch FIRST SIZE` so many a call, `audit`
counts all follow-ups, `suggestions WORDS` asks for articles by forty of so many words, `page PATH` asks the console for
one page. Each client has one connection and one request in
flight. Prints one JSON document: rate, percentiles, `client_us`, what the client itself used a request, and `busy`, how
often it was told to come later.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import quote

import uvloop

from bench.names import misspelt, name_of
from bench.sales import party
from bench.setting import settle_collector

_WARM_S = 1.0
Body = bytes | None
Requests = Iterator[tuple[str, Body]]


class Client(asyncio.Protocol):
    """Asks again as soon as it was answered, until the time is over. An answer other than 2xx and 503 ends the run."""

    def __init__(self, requests: Requests, begin: float, end: float, port: int) -> None:
        self.seconds: list[float] = []
        self.busy = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._begin, self._end = begin, end
        # a service does not look at the name under which the console knows who asks
        self._host = f" HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept-encoding: gzip\r\ncookie: rapport-name=bench\r\n"
        self._buffer = bytearray()
        self._sent_at = 0.0
        self._expected = 0
        self._served = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._expected:
            head, found, _ = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            self._expected = len(head) + 4 + self._length(bytes(head))
        if len(self._buffer) >= self._expected:
            self._answered()

    def _length(self, head: bytes) -> int:
        self._served = head[9:10] == b"2"
        if not self._served and head[9:12] != b"503":
            self.over.set_exception(RuntimeError(head.partition(b"\r\n")[0].decode()))
        lines = head.lower().split(b"\r\n")
        return next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))

    def _answered(self) -> None:
        now = time.perf_counter()
        if not self._served:
            self.busy += 1
        elif self._sent_at >= self._begin and now <= self._end:
            self.seconds.append(now - self._sent_at)
        self._buffer.clear()
        self._expected = 0
        if now < self._end:
            self._ask()
        elif not self.over.done():
            self.over.set_result(None)

    def _ask(self) -> None:
        line, body = next(self._requests)
        head = line + self._host
        if body is not None:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self._sent_at = time.perf_counter()
        self._transport.write(f"{head}\r\n".encode() + (body or b""))  # type: ignore[attr-defined]


def view(number: str) -> Requests:
    parties = int(number)
    ids = [party(number) for number in random.sample(range(parties), min(parties, 20_000))]
    return ((f"GET /v1/parties/{random.choice(ids)}", None) for _ in count())


def past(number: str) -> Requests:
    """As they were known some weeks ago."""
    at = quote((datetime.now(UTC) - timedelta(days=50)).isoformat())
    return ((f"{line}?as_of={at}", body) for line, body in view(number))


def duplicates(number: str) -> Requests:
    del number  # the first page is as long among few as among many
    return page("/v1/duplicates?limit=20")


def find(number: str) -> Requests:
    parties = int(number)
    return ((f"GET /v1/parties?q=customer-{random.randrange(parties)}%40example.com", None) for _ in count())


def names(number: str) -> Requests:
    """Names of parties with an error of typing."""
    parties = int(number)
    typed = (misspelt(name_of(random.randrange(parties))) for _ in count())
    return ((f"GET /v1/parties?limit=10&q={quote(each)}", None) for each in typed)


def create(first: str) -> Requests:
    return (("POST /v1/parties", json.dumps(profile(number)).encode()) for number in count(int(first)))


def batch(first: str, each: str) -> Requests:
    size = int(each)
    for begin in count(int(first), size):
        items = [profile(number) for number in range(begin, begin + size)]
        yield "POST /v1/parties/batch", json.dumps({"items": items}).encode()


def audit() -> Requests:
    return (("GET /v1/audit/follow-ups", None) for _ in count())


def suggestions(number: str) -> Requests:
    """As articles.sql writes articles: few words are in most requests, most in few."""
    words = int(number)
    texts = (" ".join(f"w{int(words * random.random() ** 3)}" for _ in range(40)) for _ in count())
    return (("POST /v1/articles/suggestions", json.dumps({"text": each, "language": "en"}).encode()) for each in texts)


def page(path: str) -> Requests:
    return ((f"GET {path}", None) for _ in count())


def profile(number: int) -> dict[str, object]:
    """A person with an e-mail address and a number in a shop."""
    identities = [
        {"type": "email", "value": f"customer-{number}@example.com"},
        {"type": "external", "system": "shop", "value": f"c-{number}"},
    ]
    return {"identities": identities, "kind": "person", "name": f"Customer {number}", "locale": "en"}


KINDS: dict[str, Callable[..., Requests]] = {
    "view": view,
    "past": past,
    "duplicates": duplicates,
    "find": find,
    "names": names,
    "create": create,
    "batch": batch,
    "audit": audit,
    "suggestions": suggestions,
    "page": page,
}


async def run(port: int, seconds: float, clients: int, requests: Requests) -> dict[str, float]:
    loop, begin = asyncio.get_running_loop(), time.perf_counter() + _WARM_S
    used = time.process_time()
    connections = [
        (await loop.create_connection(lambda: Client(requests, begin, begin + seconds, port), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(connection.over for connection in connections))
    used = time.process_time() - used
    times = [one for connection in connections for one in connection.seconds]
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "requests": len(times),
        "rate": len(times) / seconds,
        "p50_ms": cuts[49] * 1e3,
        "p95_ms": cuts[94] * 1e3,
        "p99_ms": cuts[98] * 1e3,
        "busy": sum(connection.busy for connection in connections),
        "client_us": used / len(times) * seconds / (seconds + _WARM_S) * 1e6,
    }


if __name__ == "__main__":
    kind = KINDS[sys.argv[4]](*sys.argv[5:])
    settle_collector()
    print(json.dumps(uvloop.run(run(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), kind))))

"""Open pages and a shop in a process of their own: `python -m bench.hear PORT KAFKA STREAMS CUSTOMERS SALES RATE`.

Each page has a stream of the changes of contacts and hears of every sale; RATE sales a second are sent meanwhile.
Prints one JSON document: how long after it was due a sale was told, over all streams, and `startup_s` as `bench.feed`
does.
"""

import asyncio
import json
import re
import sys
import time

import uvloop
from aiokafka import AIOKafkaProducer

from bench.feed import pace, percentiles
from bench.setting import settle_collector

_SUBJECT = re.compile(rb'"subject":"sale/([^"]+)"')
_PATIENCE_S = 60.0


class Page(asyncio.Protocol):
    """Notes when each sale was told on its stream. `heard` is shared: the sums are what counts."""

    def __init__(self, run: str, heard: list[tuple[int, float]]) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun = asyncio.Event()
        self._prefix = f"{run}-".encode()
        self._heard = heard
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.begun.set()
        whole, found, rest = (self._rest + data).rpartition(b"\n\n")
        self._rest = rest
        for sale in _SUBJECT.findall(whole + found):
            if sale.startswith(self._prefix):
                self._heard.append((int(sale[len(self._prefix) :]), now))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("the stream ended"))


async def run(port: int, bootstrap: str, streams: int, customers: int, number: int, rate: float) -> dict[str, float]:
    name, heard, loop = f"hear{time.time_ns()}", list[tuple[int, float]](), asyncio.get_running_loop()
    pages = []
    for _ in range(streams):
        transport, page = await loop.create_connection(lambda: Page(name, heard), "127.0.0.1", port)
        ask = f"GET /v1/changes?type=sale.completed HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n"
        transport.write(ask.encode())
        pages.append(page)
    await asyncio.gather(*(page.begun.wait() for page in pages))
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=1 << 20) as producer:
        due = await pace(producer, name, customers, number, rate)
    async with asyncio.timeout(_PATIENCE_S):
        while len(heard) < number * streams and not any(page.over.done() for page in pages):
            await asyncio.sleep(0.1)
    if len(heard) != number * streams:
        raise RuntimeError(f"{len(heard)} changes were told, {number * streams} were to be")
    seconds = max(at for _, at in heard) - due[0]
    return {"rate": len(heard) / seconds, **percentiles([at - due[sale] for sale, at in heard])}


if __name__ == "__main__":
    settle_collector()
    to, kafka, *numbers = sys.argv[1:]
    startup = time.process_time()
    result = uvloop.run(run(int(to), kafka, *map(int, numbers)))
    print(json.dumps({**result, "startup_s": startup}))

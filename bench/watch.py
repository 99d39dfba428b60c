"""Open customers' pages and a shop in a process of their own.

`python -m bench.watch CONSOLE CONTACTS KAFKA PAGES CUSTOMERS SALES RATE`: two ports, the brokers, and numbers.
Each page is a customer's and holds a stream of their changes, by the console; after news it is fetched again.
Prints one JSON document: how long after it was due a sale stood on its customer's page.
"""

import asyncio
import json
import re
import sys
import time
from http import HTTPStatus
from itertools import islice

import httpx
import uvloop
from aiohttp import ClientSession, ClientTimeout, TCPConnector
from aiokafka import AIOKafkaProducer

from bench.feed import buyers, pace, percentiles
from bench.setting import settle_collector

_LINE = re.compile(r'data-id="([^"]+)"')
_COOKIE = {"cookie": "rapport-name=bench"}
_DEBOUNCE_S = 0.15
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.25, 1.0
_AGAIN_S = 2.0
_PATIENCE_S = 60.0
_KNOWN = 12
_LIMITS = ClientTimeout(total=30)
_FOR_EVER = ClientTimeout(total=None)


class Page:
    """One customer's page that is open."""

    def __init__(self, client: ClientSession, party: str, run: str) -> None:
        self.open = asyncio.Event()
        self.shown: dict[int, float] = {}
        self.fetched = self.failed = 0
        self._client = client
        self._party = party
        self._lines: dict[str, None] = {}
        self._numbers = re.compile(rf"\b{run}-(\d+)\b")
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """For ever: where the stream ends it is asked for again, as the page's own script does, which also looks for
        what a stream that begins does not tell. A page that came without what it shows is loaded again, as by a person.
        """
        while (answer := await self._fetch())[0] >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.failed += 1
            await asyncio.sleep(_AGAIN_S)
        status, text = answer
        if status != HTTPStatus.OK:
            raise RuntimeError(f"the console answered {status}")
        self._lines |= dict.fromkeys(_LINE.findall(text))
        asked = {"service": "contacts", "subject": f"party/{self._party}"}
        while True:
            async with self._client.get("/live", params=asked, timeout=_FOR_EVER) as stream:
                if stream.ok:
                    self._news.set()  # what came until it began is not told
                    beats = False
                    async for line in stream.content:
                        self.open.set()
                        if line.startswith(b"event:"):
                            beats = line.startswith(b"event: beat")
                        elif line.startswith(b"data:") and not beats:
                            self._news.set()
                        elif not line.strip():
                            beats = False
                elif stream.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    stream.raise_for_status()
            await asyncio.sleep(_AGAIN_S)

    async def refresh(self) -> None:
        """Fetches the page again as the console's script does: soon after the first news, later what follows at once,
        and once more where the console or a service had no time, or where what is new does not join what was there.
        """
        ready, whole = 0.0, False
        while True:
            await self._news.wait()
            await asyncio.sleep(max(_DEBOUNCE_S, ready - time.perf_counter()))
            self._news.clear()
            begun = time.perf_counter()
            status, text = await self._fetch("whole" if whole else "news")
            took = time.perf_counter() - begun
            ready = time.perf_counter() + max(took, min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, 4 * took)))
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self.failed += 1
                await asyncio.sleep(_AGAIN_S)
                self._news.set()
                continue
            if status != HTTPStatus.OK:
                raise RuntimeError(f"the console answered {status}")
            self.fetched += 1
            now = time.perf_counter()
            for number in set(self._numbers.findall(text)):
                self.shown.setdefault(int(number), now)
            newest = dict.fromkeys(_LINE.findall(text))
            whole = not whole and newest.keys().isdisjoint(self._lines)
            self._lines = newest | self._lines
            if whole:
                self._news.set()

    async def _fetch(self, live: str = "whole") -> tuple[int, str]:
        headers = {"X-Live": live, "X-Known": ",".join(islice(self._lines, _KNOWN))}
        async with self._client.get(f"/parties/{self._party}", headers=headers) as answer:
            return answer.status, await answer.text()


async def find_parties(contacts: str, number: int) -> dict[int, str]:
    """The parties of the first customers, by the customer's number."""
    found = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{contacts}", timeout=30) as client:
        for customer in range(number):
            answer = await client.get("/v1/parties", params={"q": f"customer-{customer}@example.com"})
            found[customer] = answer.raise_for_status().json()["items"][0]["id"]
    return found


async def run(
    console: str, contacts: str, bootstrap: str, open_: int, customers: int, number: int, rate: float
) -> dict[str, float]:
    parties = await find_parties(contacts, open_)
    name = f"watch{time.time_ns()}"
    async with ClientSession(
        f"http://127.0.0.1:{console}", headers=_COOKIE, connector=TCPConnector(limit=0), timeout=_LIMITS
    ) as client:
        pages = {customer: Page(client, party, name) for customer, party in parties.items()}
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(act()) for page in pages.values() for act in (page.listen, page.refresh)]
            await asyncio.gather(*(page.open.wait() for page in pages.values()))
            async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=1 << 20) as producer:
                due = await pace(producer, name, customers, number, rate)
            wanted = sum(customer < open_ for customer in buyers(name, customers, number))
            async with asyncio.timeout(_PATIENCE_S):
                while sum(len(page.shown) for page in pages.values()) < wanted:
                    await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
        seconds = time.perf_counter() - due[0]
        times = [at - due[sale] for page in pages.values() for sale, at in page.shown.items()]
        fetched = sum(page.fetched for page in pages.values())
    failed = sum(page.failed for page in pages.values())
    return {"rate": fetched / seconds, "fetched": fetched, "shown": len(times), "failed": failed, **percentiles(times)}


if __name__ == "__main__":
    settle_collector()
    front, service, kafka, *numbers = sys.argv[1:]
    print(json.dumps(uvloop.run(run(front, service, kafka, *map(int, numbers)))))

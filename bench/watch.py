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

import httpx
import uvloop
from aiokafka import AIOKafkaProducer

from bench.feed import buyers, pace, percentiles
from bench.setting import settle_collector

_LINE = re.compile(r'data-id="([^"]+)"')
_COOKIE = {"cookie": "rapport-name=bench"}
_DEBOUNCE_S = 0.15
_PAUSE_S = 1.0
_AGAIN_S = 2.0
_PATIENCE_S = 60.0


class Page:
    """One customer's page that is open."""

    def __init__(self, client: httpx.AsyncClient, party: str, run: str) -> None:
        self.open = asyncio.Event()
        self.shown: dict[int, float] = {}
        self.fetched = self.failed = 0
        self._client = client
        self._party = party
        self._lines: set[str] = set()
        self._numbers = re.compile(rf"\b{run}-(\d+)\b")
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """For ever: where the stream ends it is asked for again, as the page's own script does."""
        self._lines |= set(_LINE.findall((await self._fetch()).raise_for_status().text))
        asked = {"service": "contacts", "subject": f"party/{self._party}"}
        while True:
            async with self._client.stream("GET", "/live", params=asked, timeout=None) as stream:
                if stream.is_success:
                    async for line in stream.aiter_lines():
                        self.open.set()
                        if line.startswith("data:"):
                            self._news.set()
                elif not stream.is_server_error:
                    stream.raise_for_status()
            await asyncio.sleep(_AGAIN_S)
            self._news.set()  # what came meanwhile was not told

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
            answer = await self._fetch("whole" if whole else "news")
            ready = time.perf_counter() + max(_PAUSE_S, time.perf_counter() - begun)
            if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                self.failed += 1
                await asyncio.sleep(_AGAIN_S)
                self._news.set()
                continue
            self.fetched += 1
            now = time.perf_counter()
            text = answer.raise_for_status().text
            for number in set(self._numbers.findall(text)):
                self.shown.setdefault(int(number), now)
            newest = set(_LINE.findall(text))
            whole = not whole and newest.isdisjoint(self._lines)
            self._lines |= newest
            if whole:
                self._news.set()

    async def _fetch(self, live: str = "whole") -> httpx.Response:
        return await self._client.get(f"/parties/{self._party}", headers={"X-Live": live})


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
    limits = httpx.Limits(max_connections=2 * open_ + 10)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{console}", headers=_COOKIE, limits=limits, timeout=30
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
    return {"rate": fetched / seconds, "shown": len(times), "failed": failed, **percentiles(times)}


if __name__ == "__main__":
    settle_collector()
    front, service, kafka, *numbers = sys.argv[1:]
    print(json.dumps(uvloop.run(run(front, service, kafka, *map(int, numbers)))))

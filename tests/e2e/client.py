"""An outside system that knows nothing of Rapport but `contract.md`: a Kafka client, HTTP, and JSON."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

T = TypeVar("T")
Record = tuple[dict[str, str], dict[str, Any]]
"""Headers and data."""
OURS = ("crm.sales", "crm.parties", "crm.contacts", "crm.requests", "crm.campaigns", "crm.tickets", "crm.insights")


class Client:
    """Use `async with`; `urls` are the services' addresses by name. `traceparent` goes with the facts that are told."""

    def __init__(self, brokers: str, urls: Mapping[str, str]) -> None:
        self.urls = urls
        self.traceparent: str | None = None
        self._producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=brokers, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        self._http = httpx.AsyncClient(timeout=30)

    async def __aenter__(self) -> Self:
        await self._producer.start()
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
        await self._consumer.stop()
        await self._http.aclose()

    async def tell(self, verb: str, event_id: str, customer: str, **data: object) -> None:
        """One fact on crm.ingest about a customer of the shop."""
        identities = [
            {"type": "external", "system": "shop", "value": customer},
            {"type": "email", "value": f"{customer}@mail.example"},
        ]
        value = {"party": {"identities": identities}, **data}
        headers = {
            "ce_specversion": "1.0",
            "ce_type": f"crm.{verb}.v1",
            "ce_id": event_id,
            "ce_source": "/shop",
            "ce_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "content-type": "application/json",
        }
        if self.traceparent is not None:
            headers["traceparent"] = self.traceparent
        wire = [(name, text.encode()) for name, text in headers.items()]
        await self._producer.send_and_wait(
            "crm.ingest", json.dumps(value).encode(), key=customer.encode(), headers=wire
        )

    async def observe(self, series: str, at: str, value: str) -> None:
        """What a series of the market was; `value` is JSON, or what its sender takes for it."""
        headers = {"ce_specversion": "1.0", "ce_type": "crm.indicator.observed.v1", "ce_id": str(uuid4())}
        headers |= {"ce_source": "/market", "ce_time": at, "content-type": "application/json"}
        wire = [(name, text.encode()) for name, text in headers.items()]
        data = f'{{"series": "{series}", "value": {value}}}'.encode()
        await self._producer.send_and_wait("crm.indicators", data, key=series.encode(), headers=wire)

    async def meet(self, customer: str) -> None:
        """Introduce a customer who wants to hear from us."""
        await self.tell("consent.given", f"consent-{customer}", customer, purpose="marketing", channel="email")

    async def sell(self, customer: str, sale_id: str) -> None:
        price = {"minor": 12995, "currency": "DKK"}
        lines = [{"sku": "A-17", "quantity": 1, "unit_price": price}]
        await self.tell(
            "sale.completed", f"event-{sale_id}", customer, sale_id=sale_id, channel="web", total=price, lines=lines
        )

    async def records(self, topic: str) -> list[Record]:
        """All that the topic holds."""
        places = [TopicPartition(topic, partition) for partition in range(12)]
        self._consumer.assign(places)
        ends = await self._consumer.end_offsets(places)
        await self._consumer.seek_to_beginning(*places)
        found: list[Record] = []
        while any([await self._consumer.position(place) < ends[place] for place in places]):
            for records in (await self._consumer.getmany(timeout_ms=500)).values():
                found += [
                    ({name: value.decode() for name, value in each.headers}, json.loads(each.value or b"{}"))
                    for each in records
                ]
        return found

    async def length(self, *topics: str) -> int:
        """How many records the topics hold."""
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(12)]
        return sum((await self._consumer.end_offsets(places)).values())

    async def find(self, topic: str, verb: str, within: float = 90, **fields: object) -> Record:
        """The first record of this type with these fields in its data, waited for."""

        async def look() -> Record | None:
            for headers, data in await self.records(topic):
                if headers["ce_type"] == f"crm.{verb}.v1" and fields.items() <= data.items():
                    return headers, data
            return None

        return await eventually(look, f"{verb} on {topic}", within)

    async def get(self, service: str, path: str) -> Any:
        answer = await self._http.get(f"{self.urls[service]}{path}")
        answer.raise_for_status()
        return answer.json()

    async def handlings(self) -> int:
        """Records that groups have taken as news so far, also those of a type that the group does not name; the group
        that scores frauds left out.
        """
        total = 0.0
        for url in self.urls.values():
            for line in (await self._http.get(f"{url}/metrics")).text.splitlines():
                if not line.startswith("rapport_records_total") or "forecasting.fraud" in line:
                    continue
                if '"handled"' in line or '"skipped"' in line:
                    total += float(line.rpartition(" ")[2])
        return int(total)


async def eventually(look: Callable[[], Awaitable[T | None]], what: str, within: float = 90) -> T:
    """The first answer that is not None or False; asks a few times a second."""
    deadline = time.monotonic() + within
    while not (answer := await look()):
        assert time.monotonic() < deadline, f"not within {within} s: {what}"
        await asyncio.sleep(0.3)
    return answer

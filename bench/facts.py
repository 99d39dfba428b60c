"""Facts from a shop on `crm.ingest`, as cheap to make as they can be."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer

from shared.clock import rfc3339
from shared.engine.partitions import partition_of
from shared.events.ingest import INGEST

Fact = tuple[str, bytes, list[tuple[str, bytes]]]
"""Key, value and headers."""
BATCH = 1_000
KNOWN_FOR = timedelta(days=60)


def profile(customer: int, at: datetime) -> Fact:
    value = b'{"party":{%b,"kind":"person","name":"Customer %d","locale":"en"}}' % (_identities(customer), customer)
    return f"c-{customer}", value, _headers("crm.profile.submitted.v1", f"profile-{customer}", at)


def consent(customer: int, at: datetime) -> Fact:
    value = b'{"party":{%b},"purpose":"marketing","channel":"email","basis":"opt_in"}' % _identities(customer)
    return f"c-{customer}", value, _headers("crm.consent.given.v1", f"consent-{customer}", at)


def sale(customer: int, name: str, at: datetime) -> Fact:
    """One line, one product; `name` is both the sale's and the event's id."""
    value = (
        b'{"party":{%b},"sale_id":"%b","channel":"web","total":{"minor":12995,"currency":"DKK"},"store":"cph-1",'
        b'"lines":[{"sku":"A-17","quantity":1,"unit_price":{"minor":12995,"currency":"DKK"}}]}'
    ) % (_identities(customer), name.encode())
    return f"c-{customer}", value, _headers("crm.sale.completed.v1", name, at)


def introductions(customers: int) -> Iterator[Fact]:
    """Everybody's profile, consent and first purchase, told as of two months ago: nobody is new to the shop."""
    first = datetime.now(UTC) - KNOWN_FOR
    for tell, later in ((profile, 0), (consent, 60)):
        yield from (tell(customer, first + timedelta(seconds=later)) for customer in range(customers))
    yield from (sale(customer, f"first-{customer}", first + timedelta(seconds=120)) for customer in range(customers))


def _identities(customer: int) -> bytes:
    return (
        b'"identities":[{"type":"email","value":"customer-%d@example.com"},'
        b'{"type":"external","system":"shop","value":"c-%d"}]'
    ) % (customer, customer)


def _headers(type_: str, id_: str, at: datetime) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_source", b"/shop"),
        ("ce_type", type_.encode()),
        ("ce_time", rfc3339(at).encode()),
        ("content-type", b"application/json"),
    ]


async def send(producer: AIOKafkaProducer, facts: Iterable[Fact]) -> int:
    """Send in order per key and wait for every acknowledgement; returns how many."""
    number, batch = 0, []
    for fact in facts:
        batch.append(fact)
        number += 1
        if len(batch) == BATCH:
            await _send_batch(producer, batch)
            batch = []
    if batch:
        await _send_batch(producer, batch)
    return number


async def _send_batch(producer: AIOKafkaProducer, facts: Sequence[Fact]) -> None:
    builders: dict[int, Any] = {}
    for key, value, headers in facts:
        partition = partition_of(key)
        builder = builders.get(partition) or builders.setdefault(partition, producer.create_batch())
        builder.append(timestamp=None, key=key.encode(), value=value, headers=headers)
    for acknowledged in [
        await producer.send_batch(builder, INGEST, partition=partition) for partition, builder in builders.items()
    ]:
        await acknowledged

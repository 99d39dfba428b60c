"""Records as they lie in Kafka, and subscriptions that hear them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.engine.event import Event, Record, Tombstone
from shared.engine.subscription import Subscription, TopicHandler
from shared.engine.transaction import Transaction
from shared.events.ingest import ReportedChoice
from shared.events.parties import PartyDescribed
from shared.events.products import ProductDescribed
from shared.events.sales import ProductChosen

WALL = datetime(2026, 3, 1, 12, tzinfo=UTC)
WALL_MS = int(WALL.timestamp() * 1000)
PARTY = UUID(int=81)
CHOICE: dict[str, Any] = {"party": {"name": "Ada"}, "sku": "A-17", "channel": "web", "intent": "viewed"}
CHOSEN: dict[str, Any] = {
    "party_id": str(PARTY),
    "party_version": 1,
    "sku": "A-17",
    "channel": "web",
    "intent": "viewed",
    "recorded_at": "2026-03-01T09:30:01Z",
    "origin": "/shop",
}
_OUTSIDE = {
    "ce_specversion": b"1.0",
    "ce_id": b"choice-1",
    "ce_source": b"/shop",
    "ce_type": b"crm.product.chosen.v1",
    "ce_time": b"2026-03-01T09:30:00Z",
}
_OURS = {**_OUTSIDE, "ce_source": b"/contacts", "ce_sequence": b"1"}
GONE = object()
"""As a header's value: the record has no such header."""


def outside(
    value: object = CHOICE,
    *,
    topic: str = "crm.ingest",
    place: tuple[int, int] = (0, 0),
    key: bytes | None = b"81",
    timestamp: int = WALL_MS,
    **headers: object,
) -> Record:
    """A choice as the shop sends it; `place` is partition and offset, `headers` replace or, with GONE, take away."""
    return Record(topic, *place, key, _bytes(value), _headers(_OUTSIDE, headers), timestamp)


def ours(
    value: object = CHOSEN,
    *,
    topic: str = "crm.sales",
    place: tuple[int, int] = (0, 0),
    key: bytes | None = str(PARTY).encode(),
    timestamp: int = WALL_MS,
    **headers: object,
) -> Record:
    """The same choice as contacts publishes it."""
    return Record(topic, *place, key, _bytes(value), _headers(_OURS, headers), timestamp)


def handler(topic: str) -> TopicHandler:
    """Hears one or two types of the topic, and does nothing about them."""
    return HEARS.topics[topic]


HEARS = Subscription("contacts.test", kind="process", topics=["crm.ingest", "crm.sales", "crm.products", "crm.parties"])


@HEARS.topic("crm.ingest")
async def take_choices(events: Sequence[Event[ReportedChoice]], tx: Transaction) -> None:
    del events, tx


@HEARS.topic("crm.sales")
async def read_choices(events: Sequence[Event[ProductChosen]], tx: Transaction) -> None:
    del events, tx


@HEARS.topic("crm.products")
async def learn_products(events: Sequence[Event[ProductDescribed | Tombstone]], tx: Transaction) -> None:
    del events, tx


@HEARS.topic("crm.parties")
async def learn_parties(events: Sequence[Event[PartyDescribed]], tx: Transaction) -> None:
    del events, tx


def _bytes(value: object) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else json.dumps(value).encode()


def _headers(usual: Mapping[str, bytes], changes: Mapping[str, object]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in {**usual, **changes}.items() if value is not GONE]

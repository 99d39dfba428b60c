"""Published sales in bulk, as contacts would have published them: numbered, with every header."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.engine.ledger import Outgoing
from shared.engine.partitions import partition_of
from shared.engine.publisher import KafkaPublisher
from shared.ids import new_id

_FIRST = datetime(2025, 12, 1, tzinfo=UTC)
_BATCH = 2_000
TIME = "2026-03-01T09:30:00.000000Z"


def party(number: int) -> UUID:
    """The party with this number: spread over all bits, the same in every run."""
    return UUID(int=random.Random(number).getrandbits(128), version=4)


def sale(party_id: str, number: int) -> bytes:
    """The data of one sale of one line."""
    price = {"minor": 12995, "currency": "DKK"}
    data: dict[str, Any] = {
        "party_id": party_id,
        "party_version": 1,
        "sale_id": f"shop-{number}",
        "channel": "web",
        "total": price,
        "lines": [{"sku": "A-17", "quantity": 1, "unit_price": price, "discount": {"minor": 0, "currency": "DKK"}}],
        "recorded_at": TIME,
        "origin": "/shop",
        "store": "cph-1",
    }
    return json.dumps(data, separators=(",", ":")).encode()


def drawn_sale(dice: random.Random, party_id: str, number: int, **more: object) -> tuple[str, bytes]:
    """When it happened, and its data: two of 2,000 products, at one of 20 stores, within 90 days."""
    amounts = [dice.randrange(100, 50_000) for _ in range(2)]
    lines = [
        {"sku": f"A-{dice.randrange(2000)}", "quantity": 1, "unit_price": {"minor": amount, "currency": "DKK"}}
        for amount in amounts
    ]
    at = _FIRST + timedelta(days=dice.randrange(90), seconds=dice.randrange(8 * 3600, 20 * 3600))
    data: dict[str, object] = {
        "party_id": party_id,
        "party_version": 1,
        "sale_id": f"shop-{number}",
        "channel": dice.choice(("web", "in_person")),
        "total": {"minor": sum(amounts), "currency": "DKK"},
        "lines": lines,
        "recorded_at": TIME,
        "origin": "/shop",
        "store": f"store-{dice.randrange(20)}",
        **more,
    }
    return f"{at:%Y-%m-%dT%H:%M:%S}.000000Z", json.dumps(data, separators=(",", ":")).encode()


def one_product(dice: random.Random, party_id: str, number: int) -> tuple[str, bytes]:
    """The same product each time, at the same moment."""
    del dice
    return TIME, sale(party_id, number)


Draw = Callable[[random.Random, str, int], tuple[str, bytes]]


def outgoing(events: int, parties: int, seed: int, draw: Draw = one_product) -> Iterator[Outgoing]:
    """Rows of an outbox, for parties drawn with a seed."""
    dice = random.Random(seed)
    for number in range(events):
        key = str(party(dice.randrange(parties)))
        time, data = draw(dice, key, number)
        yield Outgoing(
            number,
            "crm.sales",
            partition_of(key),
            key,
            "crm.sale.completed.v1",
            str(new_id()),
            f"sale/shop-{number}",
            time,
            str(new_id()),
            None,
            None,
            data,
        )


async def load_sales(bootstrap: str, events: int, parties: int, seed: int = 1, draw: Draw = one_product) -> int:
    """Publish sales on `crm.sales` in batches of 2,000; returns how many."""
    await publish(bootstrap, outgoing(events, parties, seed, draw), {})
    return events


async def publish(bootstrap: str, rows: Iterable[Outgoing], sequences: dict[tuple[str, int], int]) -> None:
    """Publish rows as contacts' relay would, in batches; `sequences` has the last number of each topic's partition, and
    goes on.
    """
    async with KafkaPublisher("/contacts", 0, {"bootstrap_servers": bootstrap}) as publisher:
        batch = []
        for row in rows:
            place = row.topic, row.partition
            sequences[place] = sequences.get(place, 0) + 1
            batch.append((row, sequences[place]))
            if len(batch) == _BATCH:
                await publisher.publish(batch, [])
                batch = []
        if batch:
            await publisher.publish(batch, [])

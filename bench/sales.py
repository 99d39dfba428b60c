"""Published sales in bulk, as contacts would have published them: numbered, with every header."""

import json
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from shared.engine.ledger import Outgoing
from shared.engine.partitions import partition_of
from shared.engine.publisher import KafkaPublisher
from shared.ids import new_id

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


def outgoing(events: int, parties: int, seed: int) -> Iterator[Outgoing]:
    """Rows of an outbox, for parties drawn with a seed."""
    dice = random.Random(seed)
    for number in range(events):
        key = str(party(dice.randrange(parties)))
        yield Outgoing(
            number,
            "crm.sales",
            partition_of(key),
            key,
            "crm.sale.completed.v1",
            str(new_id()),
            f"sale/shop-{number}",
            TIME,
            str(new_id()),
            None,
            None,
            sale(key, number),
        )


async def load_sales(bootstrap: str, events: int, parties: int, seed: int = 1) -> int:
    """Publish sales on `crm.sales` in batches of 2,000; returns how many."""
    sequences: dict[int, int] = {}
    async with KafkaPublisher("/contacts", 0, {"bootstrap_servers": bootstrap}) as publisher:
        batch = []
        for row in outgoing(events, parties, seed):
            sequences[row.partition] = sequences.get(row.partition, 0) + 1
            batch.append((row, sequences[row.partition]))
            if len(batch) == 2_000:
                await publisher.publish(batch, [])
                batch = []
        if batch:
            await publisher.publish(batch, [])
    return events

"""Foreign clients write facts that a running contacts takes, and read its events with their numbers.

A client whose runtime is not here is left out, and the summary says why.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.embedded import EmbeddedStack
from shared.engine.partitions import PARTITIONS, partition_of
from tests.e2e.client import Client as Outside, eventually
from tests.interop.clients import CLIENTS, Client, NotHereError

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.interop, pytest.mark.timeout(900)]
MODES = ("binary", "structured")
KEYS = ("customer-1", "customer-2", "8f14e45f-ceea-467f-a8ad-5a1f4b2c7d10", "a", "~")


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Client | str]:
    """Each client, built, or the reason why it cannot be."""
    found: dict[str, Client | str] = {}
    for name, build in CLIENTS.items():
        try:
            found[name] = build(tmp_path_factory.mktemp(name))
        except NotHereError as error:
            found[name] = str(error)
    return found


def built(clients: dict[str, Client | str], name: str) -> Client:
    client = clients[name]
    if isinstance(client, str):
        pytest.skip(f"the {name} client was not run: {client}")
    return client


def facts(name: str, mode: str) -> list[dict[str, Any]]:
    """A sale for each key."""
    price = {"minor": 12995, "currency": "DKK"}
    now = datetime.now(UTC)
    return [
        {
            "key": key,
            "id": f"{name}-{mode}-{number}",
            "source": f"/shop/{name}",
            "type": "crm.sale.completed.v1",
            "time": (now - timedelta(seconds=number)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": {
                "party": {"identities": [{"type": "external", "system": name, "value": key}]},
                "sale_id": f"{mode}-{number}",
                "channel": "web",
                "total": price,
                "lines": [{"sku": "Å-17", "quantity": 1, "unit_price": price}],
            },
        }
        for number, key in enumerate(KEYS)
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CLIENTS)
async def test_what_a_client_writes_in_either_mode_is_taken_and_published(
    stack: EmbeddedStack, outside: Outside, clients: dict[str, Client | str], name: str, mode: str
) -> None:
    told = facts(name, mode)

    await built(clients, name).tell(stack.bootstrap, mode, told)

    for fact in told:
        sale = fact["data"]["sale_id"]
        headers, data = await outside.find("crm.sales", "sale.completed", origin=f"/shop/{name}", sale_id=sale)
        assert headers["ce_time"][:23] == fact["time"][:23]
        assert data["lines"][0]["sku"] == "Å-17"
        assert headers["ce_causationid"] == fact["id"]
    placed = {key: partition for partition, key in await keys(stack, "crm.ingest")}
    assert {key: placed[key] for key in KEYS} == {key: partition_of(key) for key in KEYS}
    assert await refused(stack) == []


@pytest.mark.parametrize("mode", [*MODES, "batch"])
@pytest.mark.parametrize("name", ["python", "javascript"])
async def test_what_an_sdk_posts_is_taken_once_and_published(
    stack: EmbeddedStack, outside: Outside, clients: dict[str, Client | str], name: str, mode: str
) -> None:
    client, url = built(clients, name), stack.url("contacts") + "/v1/events"
    told = facts(name, f"http-{mode}")

    taken = await client.tell_over_http(url, mode, told)
    again = await client.tell_over_http(url, mode, told)

    assert (taken, again) == ([202] * len(told), [200] * len(told))
    for fact in told:
        sale = fact["data"]["sale_id"]
        headers, data = await outside.find("crm.sales", "sale.completed", origin=f"/shop/{name}", sale_id=sale)
        assert headers["ce_time"][:23] == fact["time"][:23]
        assert data["lines"][0]["sku"] == "Å-17"
        assert headers["ce_causationid"] == fact["id"]
    assert await refused(stack) == []


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_reads_every_event_once_by_its_number(
    stack: EmbeddedStack, outside: Outside, clients: dict[str, Client | str], name: str
) -> None:
    client = built(clients, name)
    count = await settled(outside, "crm.sales")
    assert count >= len(KEYS)

    read = await client.hear(stack.bootstrap, "crm.sales", count)

    numbers: defaultdict[int, list[int]] = defaultdict(list)
    for event in read:
        numbers[event["partition"]].append(event["sequence"])
        assert event["key"] == event["data"]["party_id"]
        assert event["partition"] == partition_of(event["key"])
    assert all(seen == list(range(1, len(seen) + 1)) for seen in numbers.values())
    records = await outside.records("crm.sales")
    assert {event["id"]: event["data"] for event in read} == {headers["ce_id"]: data for headers, data in records}


async def refused(stack: EmbeddedStack) -> list[str]:
    """Why records were quarantined or parked."""
    connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
    try:
        rows = await connection.fetch("select reason from quarantine union all select reason from parked")
    finally:
        await connection.close()
    return [row["reason"] for row in rows]


async def settled(outside: Outside, topic: str) -> int:
    """How many records the topic holds once it has stopped growing."""
    last = -1

    async def look() -> bool:
        nonlocal last
        before, last = last, await outside.length(topic)
        return before == last > 0

    await eventually(look, f"{topic} at rest")
    return len(await outside.records(topic))


async def keys(stack: EmbeddedStack, topic: str) -> list[tuple[int, str]]:
    """Partition and key of all that a topic holds."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[tuple[int, str]] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [(each.partition, each.key.decode()) for each in records]
        return found
    finally:
        await consumer.stop()

"""Whatever a field of a fact from outside holds: nobody else is held up, and Kafka and HTTP refuse the same by name."""

import asyncio
import base64
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.embedded import EmbeddedStack
from shared.clock import now, rfc3339
from shared.run.discovery import SERVICES
from tests.faults.evidence import end_offsets
from tests.faults.odd_facts import OddFact, odd_facts
from tests.patience import Patience
from tests.stack import make_stack, started

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SHARE = int(os.environ.get("ODD_SHARE", "4"))
"""Each field meets one in so many of the odd values; ODD_SHARE=1 makes it all of them."""
FACTS = {fact.id: fact for fact in odd_facts(SHARE)}
UNREAD = {"bad_json"}
REFUSED = {"schema", "too_large", "no_identity", "amount", "negative_amount", "mixed_currencies", "survey_value"}
REFUSED |= {"custom_field", "conflict"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


class Told(NamedTuple):
    """What became of a fact: its reason, and what was said about it."""

    reason: str
    detail: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """The four services, which have read every odd fact and all that came of it."""
    with started(make_stack(tmp_path_factory.mktemp("odd"))) as running:
        asyncio.run(_send(running))
        asyncio.run(_all_read(running))
        yield running


async def _send(stack: EmbeddedStack) -> None:
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap, acks="all", max_request_size=2 << 20) as producer:
        sent = [
            await producer.send(fact.topic, fact.value, fact.id.encode(), headers=_headers(fact))
            for fact in FACTS.values()
        ]
        await asyncio.gather(*sent)


def _headers(fact: OddFact) -> list[tuple[str, bytes]]:
    named = {"specversion": "1.0", "id": fact.id, "source": "/shop", "type": fact.type}
    return [(f"ce_{name}", value.encode()) for name, value in named.items()]


async def _all_read(stack: EmbeddedStack, within: float = 300) -> None:
    """Every group stands where its topics end, twice in a row: what one publishes the next has to read."""
    patience, before = Patience(within), None
    while True:
        ends = await end_offsets(stack.bootstrap, await _topics(stack))
        left = [each for service in SERVICES for each in await _behind(stack, service, ends)]
        if not left and ends == before:
            return
        assert patience.lasts, f"never read: {left[:5]}"
        before = ends
        await asyncio.sleep(1)


async def _rows(stack: EmbeddedStack, service: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(stack.owner_dsn(service))
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def _topics(stack: EmbeddedStack) -> list[str]:
    found = [await _rows(stack, service, "select distinct topic from fence") for service in SERVICES]
    return sorted({row["topic"] for rows in found for row in rows} | {fact.topic for fact in FACTS.values()})


async def _behind(stack: EmbeddedStack, service: str, ends: Mapping[tuple[str, int], int]) -> list[str]:
    rows = await _rows(stack, service, "select group_id, topic, partition, next_offset, last_offset from fence")
    return [
        f"{service} {row['group_id']} {row['topic']}/{row['partition']} at {row['next_offset']}"
        for row in rows
        if row["next_offset"] < ends.get((row["topic"], row["partition"]), 0)
    ]


async def _refusals(stack: EmbeddedStack, service: str) -> dict[str, Told]:
    """By the id of the fact."""
    found: dict[str, Told] = {}
    for table in ("select headers, reason, detail from parked", "select headers, reason, '' as detail from quarantine"):
        for row in await _rows(stack, service, table):
            headers = {name: base64.b64decode(value or "") for name, value in json.loads(row["headers"])}
            found[headers["ce_id"].decode()] = Told(row["reason"], row["detail"])
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_refused_is_refused_for_what_it_is(service: str, stack: EmbeddedStack) -> None:
    """The schema or a rule of the business; nothing that came of an odd value is refused further on."""
    told = await _refusals(stack, service)
    # What waited for its sale has an id of ours, and may turn out to be somebody else's.
    known = {id_: REFUSED | UNREAD if id_ in FACTS else {"conflict"} for id_ in told}
    odd = [(id_, each) for id_, each in told.items() if each.reason not in known[id_]]
    assert odd == []
    unnamed = [
        (FACTS[id_].field, FACTS[id_].odd, each)
        for id_, each in told.items()
        if each.reason == "schema" and not any(_names(part, FACTS[id_]) for part in each.detail.split("; "))
    ]
    assert unnamed == []


def _names(told: str, fact: OddFact) -> bool:
    field = told.partition(":")[0]
    return f"{field}.".startswith(f"{fact.field}.") or f"{fact.field}.".startswith(f"{field}.")


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_is_held_up(service: str, stack: EmbeddedStack) -> None:
    ready = httpx.get(stack.url(service) + "/readyz", timeout=30)
    assert (ready.status_code, ready.json()["status"]) == (200, "ok"), ready.text


async def test_each_is_refused_over_http_where_it_is_on_the_topic_and_by_its_field(stack: EmbeddedStack) -> None:
    parked = await _refusals(stack, "contacts")
    facts = [fact for fact in FACTS.values() if fact.topic == "crm.ingest"]
    async with httpx.AsyncClient(base_url=stack.url("contacts"), timeout=60) as http:
        faults = []
        for begin in range(0, len(facts), 200):
            batch = facts[begin : begin + 200]
            answer = await http.post("/v1/events", content=json.dumps([_posted(fact) for fact in batch]), headers=BATCH)
            assert answer.status_code in {202, 207, 422}, answer.text[:500]
            results = answer.json()["results"]
            faults += [
                fault for fact, result in zip(batch, results, strict=True) if (fault := _fault(fact, result, parked))
            ]
    assert faults == []


def _posted(fact: OddFact) -> dict[str, str]:
    data = base64.b64encode(fact.value).decode()
    named = {"specversion": "1.0", "id": fact.id, "source": "/over-http", "type": fact.type, "time": rfc3339(now())}
    return {**named, "partitionkey": fact.id, "data_base64": data}


def _fault(fact: OddFact, result: Mapping[str, Any], parked: Mapping[str, Told]) -> str | None:
    told = f"{fact.type} {fact.field} ({fact.odd}): {result['status']} {result['errors'][:3]}"
    if fact.id in parked and parked[fact.id].reason == "conflict":
        return None  # with another fact, which HTTP does not look for
    if (result["status"] == 422) != (fact.id in parked):
        return f"{told}, but on the topic {parked.get(fact.id)}"
    if result["status"] != 422 or parked[fact.id].reason in UNREAD:
        return None
    fields = [error["field"].removeprefix("data.") for error in result["errors"]]
    return None if any(_names(field, fact) for field in fields) else told

"""Facts over HTTP, on a real Postgres: what stands in the outbox, and what is answered."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.contacts.subscriptions import ingest
from shared.clock import now, rfc3339
from shared.engine import outbox as outbox_of_engine
from shared.engine.partitions import partition_of
from tests.integration.contacts.running import Contacts

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
PRICE = {"minor": 12_995, "currency": "DKK"}


def event(id_: str = "e-1", **changes: Any) -> dict[str, Any]:
    """A sale; `changes` replace attributes."""
    data = {
        "party": {"identities": [{"type": "external", "value": "81"}]},
        "sale_id": f"sale of {id_}",
        "channel": "web",
        "total": PRICE,
        "lines": [{"sku": "A-17", "quantity": 1, "unit_price": PRICE}],
    }
    attributes = {"specversion": "1.0", "id": id_, "source": "/shop", "type": "crm.sale.completed.v1"}
    return {**attributes, "partitionkey": "81", "time": "2026-03-01T09:30:00Z", "data": data} | changes


def data(**changes: Any) -> dict[str, Any]:
    return {"data": event()["data"] | changes}


def profile(beside: dict[str, Any]) -> dict[str, Any]:
    """Of somebody who employs another."""
    party = event()["data"]["party"] | {"relations": [{"kind": "employs", "party": beside}]}
    return {"type": "crm.profile.submitted.v1", "data": {"party": party}}


async def post(http: httpx.AsyncClient, mode: str, *events: Mapping[str, Any], **headers: str) -> httpx.Response:
    if mode == "batch":
        return await http.post("/v1/events", content=json.dumps(events), headers={"content-type": BATCH} | headers)
    (one,) = events
    if mode == "structured":
        return await http.post("/v1/events", content=json.dumps(one), headers={"content-type": STRUCTURED} | headers)
    named = {f"ce-{name}": value for name, value in one.items() if name != "data"}
    body = json.dumps(one["data"])
    return await http.post("/v1/events", content=body, headers={"content-type": "application/json"} | named | headers)


def statuses(answer: httpx.Response) -> list[int]:
    return [result["status"] for result in answer.json()["results"]]


async def outbox(contacts: Contacts) -> list[dict[str, Any]]:
    return await contacts.rows("select * from outbox order by id")


async def apply(contacts: Contacts, *ids: str) -> None:
    """As the engine does once it has handled the records."""
    for id_ in ids:
        await contacts.pool.execute("insert into inbox values ($1, '/shop', $2)", ingest.group, id_)


@pytest.fixture(autouse=True)
async def nothing_taken(contacts: Contacts) -> None:
    await contacts.empty("received_fact", "inbox")


@pytest.mark.parametrize("mode", ["binary", "structured", "batch"])
async def test_a_fact_stands_in_the_outbox_as_its_sender_would_have_written_it(
    contacts: Contacts, http: httpx.AsyncClient, mode: str
) -> None:
    answer = await post(http, mode, event(correlationid="flow-7"))

    assert (answer.status_code, statuses(answer)) == (202, [202])
    assert answer.json()["results"][0] | {"errors": []} == {
        "index": 0, "status": 202, "source": "/shop", "id": "e-1", "errors": []
    }  # fmt: skip
    (row,) = await outbox(contacts)
    assert (row["topic"], row["source"], row["event_id"], row["key"]) == ("crm.ingest", "/shop", "e-1", "81")
    assert (row["partition"], row["time"]) == (partition_of("81"), "2026-03-01T09:30:00.000000Z")
    assert (row["type"], row["correlation_id"]) == ("crm.sale.completed.v1", "flow-7")
    assert json.loads(row["payload"])["sale_id"] == "sale of e-1"


async def test_without_a_time_or_a_key_it_happened_now_and_has_no_order(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    bare = {name: value for name, value in event().items() if name not in {"time", "partitionkey"}}
    before = now()
    assert (await post(http, "structured", bare)).status_code == 202
    (row,) = await outbox(contacts)
    assert row["key"] is None
    assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(row["time"]) <= now()
    assert (await post(http, "structured", bare)).status_code == 200


REFUSED: list[tuple[Callable[[], dict[str, Any]], str, str]] = [
    (lambda: {"specversion": "0.3"}, "specversion", "unknown_specversion"),
    (lambda: {"id": None}, "id", "missing_ce_id"),
    (lambda: {"id": "x" * 201}, "id", "unreadable_ce_id"),
    (lambda: {"id": "a\tb"}, "id", "unreadable_ce_id"),
    (lambda: {"source": "/butik-ø"}, "source", "unreadable_ce_source"),
    (lambda: {"source": "/contacts"}, "source", "forged_source"),
    (lambda: {"type": "crm.sale.dreamt.v1"}, "type", "unknown_type"),
    (lambda: {"type": "crm.sale.completed.v9"}, "type", "unknown_major"),
    (lambda: {"type": "crm.clock.ticked.v1"}, "type", "unknown_type"),
    (lambda: {"time": "yesterday"}, "time", "unreadable_ce_time"),
    (lambda: {"time": rfc3339(now() + timedelta(minutes=6))}, "time", "time_ahead_of_the_clock"),
    (lambda: {"partitionkey": "k" * 1_025}, "partitionkey", "unreadable_ce_partitionkey"),
    (lambda: {"partitionkey": "a\0b"}, "partitionkey", "unreadable_ce_partitionkey"),
    (lambda: {"data": None}, "data", "null_value"),
    (lambda: data(total={"minor": 1.5, "currency": "DKK"}), "data.total.minor", "int_type"),
    (lambda: data(store="x" * 1_000_001), "data", "too_large"),
    (lambda: data(sale_id="a\0b"), "data.sale_id", "string_pattern_mismatch"),
    (
        lambda: profile({"identities": [{"type": "phone", "value": "12"}]}),
        "data.party.relations.0.party.identities",
        "no_identity",
    ),
    (lambda: data(party={"custom": {"a\0b": 1}}), "data.party.custom.?", "string_pattern_mismatch"),
    (lambda: data(total={"minor": -1, "currency": "DKK"}), "data.total", "negative_amount"),
    (lambda: data(party={"identities": [{"type": "phone", "value": "12"}]}), "data.party.identities", "no_identity"),
]


@pytest.mark.parametrize(
    ("change", "field", "reason"), REFUSED, ids=[f"{field} {reason}" for _, field, reason in REFUSED]
)
async def test_a_fact_that_cannot_be_applied_is_refused_by_field_and_stops_no_other(
    contacts: Contacts, http: httpx.AsyncClient, change: Callable[[], dict[str, Any]], field: str, reason: str
) -> None:
    bad = event("bad") | change()
    alone = await post(http, "structured", bad)
    among = await post(http, "batch", event("e-1"), bad, event("e-2"))

    assert alone.status_code == 422
    assert [(error["field"], error["reason"]) for error in alone.json()["errors"]] == [(field, reason)]
    assert (among.status_code, statuses(among)) == (207, [202, 422, 202])
    assert [(error["field"], error["reason"]) for error in among.json()["results"][1]["errors"]] == [(field, reason)]
    assert [row["event_id"] for row in await outbox(contacts)] == ["e-1", "e-2"]


async def test_behind_a_mark_of_byte_order_the_fields_are_told(http: httpx.AsyncClient) -> None:
    named = {f"ce-{name}": value for name, value in event().items() if name != "data"}
    body = b"\xef\xbb\xbf" + json.dumps(data(channel="pigeon")["data"]).encode()
    answer = await http.post("/v1/events", content=body, headers={"content-type": "application/json", **named})
    assert [(error["field"], error["reason"]) for error in answer.json()["errors"]] == [
        ("data.channel", "literal_error")
    ]


@pytest.mark.parametrize("mode", ["binary", "structured", "batch"])
async def test_a_repetition_is_known_before_and_after_the_first_was_applied(
    contacts: Contacts, http: httpx.AsyncClient, mode: str
) -> None:
    assert (await post(http, mode, event())).status_code == 202
    assert (await post(http, mode, event())).status_code == 200
    await apply(contacts, "e-1")
    assert (await post(http, mode, event(**data(channel="phone")))).status_code == 200
    assert len(await outbox(contacts)) == 1


async def test_an_id_whose_fact_was_refused_later_is_free_for_a_corrected_one(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    assert (await post(http, "structured", event())).status_code == 202
    assert (await post(http, "structured", event(**data(sale_id="another")))).status_code == 202
    # As it was: an operator may have given the first up, so it is taken again once it is certain that it waits nowhere.
    await contacts.pool.execute("update received_fact set received_at = now() - interval '61 minutes'")
    assert (await post(http, "structured", event())).status_code == 202
    await contacts.pool.execute("update received_fact set received_at = now() - interval '121 minutes'")
    assert (await post(http, "structured", event("e-9"))).status_code == 202
    assert len(await contacts.rows("select * from received_fact")) == 1


async def test_repetitions_within_a_batch_and_at_the_same_time_are_taken_once(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    batch = [event(f"e-{number % 5}") for number in range(10)]
    answers = await asyncio.gather(*(post(http, "batch", *batch) for _ in range(4)))

    taken = [result["id"] for answer in answers for result in answer.json()["results"] if result["status"] == 202]
    assert sorted(taken) == [f"e-{number}" for number in range(5)]
    assert sorted(row["event_id"] for row in await outbox(contacts)) == sorted(taken)
    assert answers[0].json()["results"][5]["status"] == 200


async def test_an_idempotency_key_stands_for_attributes_and_data(contacts: Contacts, http: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, again = [await post(http, "binary", event(), **key) for _ in range(2)]
    other = await post(http, "binary", event("e-2", **data()), **key)

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert again.json() == first.json()
    assert other.json()["type"] == "urn:rapport:problem:idempotency_key_reused"
    assert len(await outbox(contacts)) == 1


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [(BATCH, "[]", 200), (BATCH, "{}", 422), (BATCH, "[3]", 422), (STRUCTURED, "{", 422), ("text/plain", "a", 415)],
)
async def test_what_carries_no_fact_is_answered_as_what_it_is(
    http: httpx.AsyncClient, content_type: str, body: str, status: int
) -> None:
    assert (await http.post("/v1/events", content=body, headers={"content-type": content_type})).status_code == status


async def test_a_batch_has_a_thousand_facts_and_no_more(contacts: Contacts, http: httpx.AsyncClient) -> None:
    batch = [event(f"e-{number}") for number in range(1_001)]
    assert (await post(http, "batch", *batch)).status_code == 413
    assert (await post(http, "batch", *batch[:1_000])).status_code == 202
    assert [row["event_id"] for row in await outbox(contacts)] == [each["id"] for each in batch[:1_000]]


@pytest.mark.parametrize("mode", ["binary", "structured"])
async def test_a_fact_that_grows_beyond_what_its_topic_takes_is_refused(
    mode: str, http: httpx.AsyncClient, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_of_engine, "MAX_VALUE", 480)
    answer = await post(http, mode, event(**data(store="x" * 200)))
    assert answer.status_code == 422
    assert "too_large" in answer.text
    assert await outbox(contacts) == []


async def test_of_a_batch_only_the_fact_that_grows_too_large_is_refused(
    http: httpx.AsyncClient, contacts: Contacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_of_engine, "MAX_VALUE", 640)
    answer = await post(http, "batch", event("e-1"), event("e-2", **data(store="x" * 400)), event("e-3"))
    assert statuses(answer) == [202, 422, 202]
    assert [row["event_id"] for row in await outbox(contacts)] == ["e-1", "e-3"]

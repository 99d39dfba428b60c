"""Profiles as people of the company write them, over HTTP on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.engine.postgres import PostgresTransaction
from tests.integration.contacts.running import NOW, Contacts, reported

ADA = {"type": "email", "value": "Ada@Example.com"}
SHOP_81 = {"type": "external", "system": "shop", "value": "81"}


async def test_creating_registers_and_describes_the_party_once_for_one_key(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    body = {"name": "Ada Holm", "identities": [ADA], "roles": ["customer"], "address": {"country": "DK"}}
    first = await http.post("/v1/parties", json=body, headers={"Idempotency-Key": "k-1"})
    again = await http.post("/v1/parties", json=body, headers={"Idempotency-Key": "k-1"})

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["Location"] == f"/v1/parties/{first.json()['id']}"
    assert first.headers["ETag"] == '"1"'
    assert await contacts.types() == ["party.registered", "party.described", "role.granted"]


async def test_creating_who_is_known_is_a_conflict_that_shows_the_party(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada Holm", "identities": [ADA]})).json()
    answer = await http.post("/v1/parties", json={"name": "Ada", "identities": [SHOP_81, ADA]})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:duplicate_identity")
    state = answer.json()["state"]
    assert (state["id"], state["name"], state["version"]) == (made["id"], "Ada Holm", 1)
    assert len(state["identities"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": "A", "identities": [{"type": "email", "value": "n/a"}]}, "body.identities.0.value"),
        ({"name": "A", "identities": [{"type": "external", "value": "1"}]}, "body.identities.0.system"),
        ({"name": "A", "kind": "robot"}, "body.kind"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_field(http: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await http.post("/v1/parties", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_batch_answers_for_each_item(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})
    items = [
        {"name": "Bo", "identities": [{"type": "email", "value": "bo@example.com"}]},
        {"name": "Ada Holm", "identities": [ADA]},
        {"name": "A", "kind": "robot"},
        {"identities": [{"type": "email", "value": "n/a"}]},
        {"identities": [{"type": "email", "value": "bo@example.com"}]},
    ]
    results = (await http.post("/v1/parties/batch", json={"items": items})).json()["results"]
    again = (await http.post("/v1/parties/batch", json={"items": items})).json()["results"]

    assert [result["status"] for result in results] == ["created", "updated", "refused", "refused", "unchanged"]
    assert [result["status"] for result in again] == ["unchanged", "unchanged", "refused", "refused", "unchanged"]
    assert results[0]["id"] == results[4]["id"]
    assert results[2]["detail"] == "not acceptable: kind"
    assert [(row["name"], row["version"]) for row in await contacts.rows("select * from party order by id")] == [
        ("Ada Holm", 2),
        ("Bo", 1),
    ]


async def test_a_change_says_which_version_it_was_decided_on(contacts: Contacts, http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})).json()
    url = f"/v1/parties/{made['id']}"

    changed = await http.patch(url, json={"name": "Ada Holm", "identities": [SHOP_81]}, headers={"If-Match": '"1"'})
    stale = await http.patch(url, json={"name": "Ida"}, headers={"If-Match": '"1"'})
    same = await http.patch(url, json={"name": "Ada Holm"}, headers={"If-Match": '"2"'})
    emptied = await http.put(url, json={"locale": "da"})

    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert len(changed.json()["identities"]) == 2
    assert (stale.status_code, stale.json()["state"]["name"]) == (409, "Ada Holm")
    assert (same.status_code, same.headers["ETag"]) == (200, '"2"')
    assert (emptied.json()["name"], emptied.json()["locale"], emptied.json()["version"]) == (None, "da", 3)
    updates = [event.data.fields for event in await contacts.relayed() if event.type == "crm.party.updated.v1"]
    assert updates == [["identities", "name"], ["locale", "name"]]


async def test_an_identity_of_another_party_cannot_be_added(http: httpx.AsyncClient) -> None:
    ada = (await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})).json()
    bo = (await http.post("/v1/parties", json={"name": "Bo", "identities": [SHOP_81]})).json()
    answer = await http.patch(f"/v1/parties/{bo['id']}", json={"identities": [ADA]})
    assert (answer.status_code, answer.json()["state"]["id"]) == (409, ada["id"])


async def test_changing_nobody_is_not_found_and_a_bad_etag_is_refused(http: httpx.AsyncClient) -> None:
    url = f"/v1/parties/{uuid4()}"
    assert (await http.patch(url, json={"identities": [ADA]})).status_code == 404
    assert (await http.patch(url, json={}, headers={"If-Match": "x"})).status_code == 422


AHEAD = timedelta(minutes=4)


@pytest.mark.parametrize("write", ["patch", "put", "batch"])
async def test_a_write_is_of_now_and_wins_over_a_profile_whose_clock_is_ahead(
    contacts: Contacts, http: httpx.AsyncClient, write: str
) -> None:
    await contacts.accept(
        reported("profile.submitted", at=NOW + AHEAD, party={"identities": [ADA], "name": "Ada", "locale": "da"})
    )
    [party] = await contacts.rows("select id from party")
    url = f"/v1/parties/{party['id']}"
    body = {"name": "Ida", "locale": "en"}

    if write == "batch":
        answer = await http.post("/v1/parties/batch", json={"items": [{**body, "identities": [ADA]}]})
        assert answer.json()["results"][0]["status"] == "updated"
    else:
        answer = await http.request(write, url, json=body)
        assert (answer.status_code, answer.json()["name"], answer.json()["locale"]) == (200, "Ida", "en")

    assert (await http.get(url)).json()["name"] == "Ida"
    late = reported("profile.submitted", at=NOW + timedelta(minutes=1), party={"identities": [ADA], "name": "Ada"})
    await contacts.accept(late)
    assert (await http.get(url)).json()["name"] == "Ida"


@pytest.mark.parametrize(("write", "body"), [("put", {}), ("put", {"name": " "}), ("patch", {"name": None})])
async def test_a_party_is_never_left_without_a_name_and_an_identity(
    http: httpx.AsyncClient, write: str, body: dict[str, Any]
) -> None:
    named = (await http.post("/v1/parties", json={"name": "Ada"})).json()
    known = (await http.post("/v1/parties", json={"name": "Bo", "identities": [SHOP_81]})).json()

    refused = await http.request(write, f"/v1/parties/{named['id']}", json=body)
    emptied = await http.request(write, f"/v1/parties/{known['id']}", json=body)

    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, ["body.name"])
    assert (await http.get(f"/v1/parties/{named['id']}")).json()["name"] == "Ada"
    assert (emptied.status_code, emptied.json()["name"]) == (200, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "2026-99-99"),
        ("time_zone", "Mars/Olympus"),
        ("address", {"country": "XX"}),
        ("kind", "robot"),
        ("identities", [{"type": "external", "system": "a\x00b", "value": "1"}]),
    ],
)
async def test_a_value_that_is_none_is_refused_by_field_in_every_write(
    http: httpx.AsyncClient, field: str, value: Any
) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada"})).json()
    for method, url in (("post", "/v1/parties"), ("patch", made_url := f"/v1/parties/{made['id']}"), ("put", made_url)):
        answer = await http.request(method, url, json={"name": "Bo", field: value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith(f"body.{field}")
    items = [{"name": "Bo", field: value}, {"name": "Cy"}]
    results = (await http.post("/v1/parties/batch", json={"items": items})).json()["results"]
    assert [result["status"] for result in results] == ["refused", "created"]
    assert field in results[0]["detail"]


async def test_an_item_that_is_no_profile_harms_no_other(http: httpx.AsyncClient) -> None:
    items: list[Any] = [
        None,
        "Ada",
        7,
        [],
        {"name": ["Ada"]},
        {"name": "n" * 1_000_000},
        {"identities": None},
        {"name": "Bo"},
    ]
    answer = await http.post("/v1/parties/batch", json={"items": items})
    statuses = [result["status"] for result in answer.json()["results"]]
    assert (answer.status_code, statuses) == (200, ["refused"] * 7 + ["created"])


async def test_an_item_with_nul_harms_no_other(http: httpx.AsyncClient) -> None:
    nul = "n\x00ul"
    items = [
        {"name": "Ada"},
        {"name": nul, "address": {"city": nul, "lines": [nul]}, "locale": nul},
        {"name": "Bo", "identities": [{"type": "external", "system": "shop", "value": nul}]},
        {"name": "Cy", "identities": [{"type": "email", "value": f"{nul}@example.com"}]},
        {"name": "Di", "unknown": nul},
    ]
    answer = await http.post("/v1/parties/batch", json={"items": items})
    statuses = [result["status"] for result in answer.json()["results"]]
    assert (answer.status_code, statuses) == (200, ["created", "created", "refused", "refused", "created"])


async def test_profiles_that_come_at_once_are_one_transaction_and_each_has_its_own_answer(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    known = (await http.post("/v1/parties", json={"name": "Ada Holm", "identities": [ADA]})).json()
    await contacts.rows("truncate outbox")
    bo = {"name": "Bo", "identities": [{"type": "email", "value": "bo@example.com"}], "roles": ["customer"]}
    bodies: list[dict[str, Any]] = [
        bo,
        {"name": "Ada", "identities": [ADA]},
        {"name": "Bo Berg", "identities": bo["identities"]},
        {"name": "A", "identities": [{"type": "email", "value": "n/a"}]},
        {"name": "Nobody yet"},
        {"name": "Cy", "identities": [SHOP_81]},
    ]
    writes = []

    @asynccontextmanager
    async def counted() -> AsyncIterator[PostgresTransaction]:
        async with contacts.ledger.transaction() as tx:
            writes.append(tx)
            yield tx

    contacts.transaction = counted  # type: ignore[assignment]
    answers = await asyncio.gather(*(http.post("/v1/parties", json=body) for body in bodies))

    assert [answer.status_code for answer in answers] == [201, 409, 409, 422, 201, 201]
    made = [answer.json() for answer in answers]
    assert made[1]["state"]["id"] == known["id"]
    assert made[2]["state"]["id"] == made[0]["id"]
    assert made[3]["errors"][0]["field"] == "body.identities.0.value"
    for place in (0, 4, 5):
        assert (made[place]["name"], made[place]["version"]) == (bodies[place]["name"], 1)
        assert answers[place].headers["Location"] == f"/v1/parties/{made[place]['id']}"
        assert (await http.get(f"/v1/parties/{made[place]['id']}")).json()["name"] == bodies[place]["name"]
    told = sorted((type_, key) for type_, key, _ in await contacts.published_by_key())
    founded = [made[place]["id"] for place in (0, 4, 5)]
    expected = [(type_, key) for key in founded for type_ in ("party.described", "party.registered")]
    assert told == sorted([*expected, ("role.granted", founded[0])])
    assert len(writes) == 4  # all, those who are new, and each of the two that are known


async def test_a_request_that_is_traced_tells_its_own_trace(contacts: Contacts, http: httpx.AsyncClient) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    await asyncio.gather(
        http.post("/v1/parties", json={"name": "Ada"}, headers={"traceparent": trace}),
        *(http.post("/v1/parties", json={"name": f"Bo {number}"}) for number in range(3)),
    )
    rows = await contacts.rows("select convert_from(payload, 'UTF8')::json->>'name' as name, traceparent from outbox")
    told = {row["name"]: row["traceparent"] for row in rows if row["name"]}
    assert told == {"Ada": trace, "Bo 0": None, "Bo 1": None, "Bo 2": None}

"""Profiles as people of the company write them, over HTTP on a real Postgres."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.contacts.running import Contacts

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
    assert [event.type for event in await contacts.relayed()] == ["crm.party.registered.v1", "crm.party.described.v1"]


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

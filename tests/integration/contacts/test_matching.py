"""Parties that may be the same are suspected."""

from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import TypeAdapter

from services.contacts.handlers.parties import compare_parties
from services.contacts.matching import store
from services.contacts.matching.domain.blocking import keys_of
from services.contacts.matching.domain.traits import Traits
from shared.engine.event import Tombstone
from tests.events import decoded
from tests.integration.contacts.running import ADA, NOW, SHOP_81, Contacts, sale


async def test_identities_of_two_parties_raise_one_suspicion_for_ever(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-2", SHOP_81))
    await contacts.accept(sale("s-3", ADA, SHOP_81), sale("s-4", ADA, SHOP_81))
    await contacts.accept(sale("s-5", SHOP_81, ADA))

    first, second = await contacts.of_type("duplicate.suspected")
    assert first.other_party_ids == [second.party_id]
    assert second.other_party_ids == [first.party_id]
    by_shop = (await contacts.of_type("sale.completed"))[1].party_id
    assert {data.party_id for data in (await contacts.of_type("sale.completed"))[2:]} == {by_shop}


ADDRESS = {"lines": ["Nørregade 12"], "postal_code": "8000", "city": "Aarhus C"}
PEOPLE = [
    {"name": "Ada Holm", "birth_date": "1971-03-09", "address": ADDRESS},
    {"name": "HOLM, Ada", "birth_date": "1971-09-03", "address": {**ADDRESS, "lines": ["Norregade 12, 2. tv"]}},
    {"name": "Ida Holm", "birth_date": "1971-03-09", "address": ADDRESS},
    {"name": "Bo Dahl", "birth_date": "1990-01-01"},
]


async def founded(contacts: Contacts, http: httpx.AsyncClient) -> list[str]:
    ids = [(await http.post("/v1/parties", json=each)).json()["id"] for each in PEOPLE]
    await contacts.match_described()
    return ids


async def open_pairs(http: httpx.AsyncClient, state: str = "open") -> dict[frozenset[str], dict[str, Any]]:
    listed = (await http.get("/v1/duplicates", params={"state": state})).json()["items"]
    return {frozenset(each["party_ids"]): each for each in listed}


async def test_parties_that_are_alike_are_asked_about_once_with_reasons_in_words(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, again, twin, _ = await founded(contacts, http)
    await contacts.match_described()
    pairs = await open_pairs(http)
    one = pairs[frozenset({ada, again})]
    assert one["score"] > 0.98
    assert one["reasons"] == [
        "the same given name",
        "the same family name",
        "dates of birth that differ by a slip",
        "the same address",
    ]
    assert set(pairs) == {frozenset({ada, again}), frozenset({ada, twin})} | (set(pairs) & {frozenset({again, twin})})
    assert pairs[frozenset({ada, twin})]["score"] < 0.9
    assert (await http.get(f"/v1/duplicates/{one['id']}")).json() == one
    assert (await http.get(f"/v1/duplicates/{uuid4()}")).status_code == 404
    both = (await http.get("/v1/parties", params={"ids": f"{again},{uuid4()},{ada}", "limit": 1})).json()
    assert [each["id"] for each in both["items"]] == [again, ada]
    assert both["next_cursor"] is None
    told = await contacts.of_type("duplicate.suspected")
    assert len(told) == 2 * len(pairs)
    assert {each.reason for each in told} == {"likeness"}
    first = (await http.get("/v1/duplicates", params={"limit": 1})).json()
    second = (await http.get("/v1/duplicates", params={"limit": 9, "cursor": first["next_cursor"]})).json()
    assert {frozenset(each["party_ids"]) for each in first["items"] + second["items"]} == set(pairs)


async def test_what_was_dismissed_is_never_asked_again_and_a_merge_answers_until_it_is_undone(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, again, twin, _ = await founded(contacts, http)
    pairs = await open_pairs(http)
    url = f"/v1/duplicates/{pairs[frozenset({ada, twin})]['id']}/dismiss"
    assert (await http.post(url, json={"because": "twins"})).json()["state"] == "dismissed"
    assert (await http.post(url, json={"because": "twins"})).status_code == 409
    assert (await http.post(f"/v1/duplicates/{uuid4()}/dismiss", json={"because": "x"})).status_code == 404
    assert len(await contacts.of_type("duplicate.dismissed")) == 2
    await http.patch(f"/v1/parties/{twin}", json={"name": "Ada Holm"})
    done = (await http.post(f"/v1/parties/{ada}/merge", json={"other": again, "because": "same"})).json()["id"]
    await contacts.match_described()
    assert frozenset({ada, twin}) in await open_pairs(http, "dismissed")
    assert set(await open_pairs(http, "merged")) == {frozenset({ada, again})}
    await http.post(f"/v1/merges/{done}/undo", json={"because": "two after all"})
    await contacts.match_described()
    assert frozenset({ada, again}) in await open_pairs(http)


async def test_an_erased_party_is_compared_with_nobody(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ada, *_ = await founded(contacts, http)
    gone = decoded("crm.parties", "", Tombstone(), key=ada, at=NOW, now=NOW)
    async with contacts.transaction() as tx:
        await compare_parties([gone], tx)
    assert await contacts.rows("select * from matching_record where party_id = $1", UUID(ada)) == []
    assert await contacts.rows("select * from matching_key where party_id = $1", UUID(ada)) == []


async def test_a_party_is_found_by_what_it_is_described_as_now_and_by_nothing_else(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ids = [(await http.post("/v1/parties", json=each)).json()["id"] for each in (PEOPLE[0], PEOPLE[3])]
    await contacts.match_described()
    others = await contacts.rows("select * from matching_key where party_id = $1 order by key", UUID(ids[1]))
    changes: list[dict[str, Any]] = [{"birth_date": "1971-03-10", "address": None}, {"birth_date": None, "name": None}]
    for body in changes:
        identity = {"identities": [{"type": "email", "value": "ada.holm@example.com"}]}
        assert (await http.patch(f"/v1/parties/{ids[0]}", json={**body, **identity})).status_code == 200
        await contacts.match_described()
        [record] = await contacts.rows("select traits::text from matching_record where party_id = $1", UUID(ids[0]))
        expected = {key.number for key in keys_of(TypeAdapter(Traits).validate_json(record["traits"]))}
        rows = await contacts.rows("select key from matching_key where party_id = $1", UUID(ids[0]))
        assert {row["key"] for row in rows} == expected
        assert expected
    assert await contacts.rows("select * from matching_key where party_id = $1 order by key", UUID(ids[1])) == others


async def test_of_many_candidates_those_are_compared_who_share_what_few_have(contacts: Contacts) -> None:
    common, rare = [UUID(int=number) for number in range(1, 51)], UUID(int=2**127)
    keys = [(key, party_id) for party_id in common for key in (1, 2)] + [(3, rare)]
    async with contacts.transaction() as tx:
        await store.save_records(tx, {party_id: Traits(family="holm") for party_id in (*common, rare)}, keys, [])
        found = await store.find_candidates(tx, [(0, 1), (0, 2), (0, 3), (1, 2)])
    assert next(iter(found[0])) == rare
    assert len(found[0]) == len(found[1]) == store.MOST

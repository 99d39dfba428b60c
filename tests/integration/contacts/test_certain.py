"""Parties that are certainly one are merged without asking; what speaks against it is left to people."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from services.contacts.matching.commands import answer_by_merge
from services.contacts.matching.commands.learning import read_all
from services.contacts.merges.commands import Request, merge
from services.contacts.merges.commands.certain import merge_next, merge_one
from services.contacts.merges.commands.doubting import look_at_all, look_at_next
from shared.engine import outbox as outbox_of_engine
from shared.engine.service import Service
from tests.integration.contacts.running import Contacts

HOME = {"lines": ["Nørregade 12"], "postal_code": "8000", "city": "Aarhus C"}
ADA = {"name": "Ada Holm", "birth_date": "1971-03-09", "address": HOME}
AGAIN = {**ADA, "name": "HOLM, Ada", "address": {**HOME, "lines": ["Norregade 12, 2. tv"]}}


async def found(contacts: Contacts, http: httpx.AsyncClient, *people: dict[str, Any]) -> list[str]:
    made = [(await http.post("/v1/parties", json=each)).raise_for_status().json()["id"] for each in people]
    await contacts.match_described()
    return made


async def merge_all(contacts: Contacts) -> int:
    merged = 0
    while True:
        async with contacts.transaction() as tx:
            done = await merge_next(tx)
        if done is None:
            await contacts.match_described()
            return merged
        merged += done


async def pairs(http: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await http.get("/v1/duplicates", params=asked)).raise_for_status().json()["items"]
    return items


async def survivor(http: httpx.AsyncClient, party_id: str) -> str:
    return str((await http.get(f"/v1/parties/{party_id}")).json()["id"])


async def test_who_is_certainly_one_is_merged_once_and_never_again_after_people_took_it_back(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, again = await found(contacts, http, ADA, AGAIN)
    assert await merge_all(contacts) == 1
    assert await merge_all(contacts) == 0
    assert [await survivor(http, each) for each in (ada, again)] == [ada, ada]
    (done,) = (await http.get("/v1/merges")).json()["items"]
    assert done["automatic"] is True
    assert "the same date of birth" in done["because"]
    assert [each.automatic for each in await contacts.of_type("party.merged")] == [True, True]
    assert [each["state"] for each in await pairs(http, state="merged")] == ["merged"]

    await http.post(f"/v1/merges/{done['id']}/undo", json={"because": "two cousins"})
    await contacts.match_described()
    assert await merge_all(contacts) == 0
    assert [await survivor(http, each) for each in (ada, again)] == [ada, again]
    (left,) = await pairs(http)
    assert left["left_because"] == "people took their merge back"


SHOP = {"type": "external", "system": "shop"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ADA, {**AGAIN, "name": "Ida Holm"}, id="twins"),
        pytest.param({**ADA, "name": "Ada Krogh Holm"}, {**AGAIN, "name": "Bo Krogh Holm"}, id="twins, middle name"),
        pytest.param({**ADA, "name": "Kristian Holm"}, {**AGAIN, "name": "Kristina Holm"}, id="twins, one name"),
        pytest.param(ADA, {**AGAIN, "name": "A. Holm"}, id="an initial"),
        pytest.param({**ADA, "name": "A. Holm"}, {**AGAIN, "name": "A. Holm"}, id="initials"),
        pytest.param(ADA, {**AGAIN, "birth_date": "1971-09-03"}, id="another birthday"),
        pytest.param(ADA, {"name": "Ada Holm"}, id="a name alone"),
        pytest.param(ADA, {"name": "Ada Holm", "birth_date": "1971-03-09"}, id="no home"),
        pytest.param({"name": "Holm ApS", "kind": "organisation", "address": HOME},
                     {"name": "Holm ApS", "kind": "organisation", "address": HOME}, id="companies"),
        pytest.param({**ADA, "kind": "person"}, {**AGAIN, "kind": "organisation"}, id="a person and a company"),
        pytest.param({**ADA, "identities": [{**SHOP, "value": "81"}]},
                     {**AGAIN, "identities": [{**SHOP, "value": "82"}]}, id="two customer numbers"),
    ],
)  # fmt: skip
async def test_of_all_others_people_are_asked(
    contacts: Contacts, http: httpx.AsyncClient, one: dict[str, Any], other: dict[str, Any]
) -> None:
    ids = await found(contacts, http, one, other)
    assert await merge_all(contacts) == 0
    assert [await survivor(http, each) for each in ids] == ids


async def test_whoever_is_one_with_another_already_brings_what_speaks_against_it(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """Three more who are one with Ada, and of whom none is like the other, outweigh that she is."""
    ada, *others = await found(contacts, http, ADA, *({"name": f"{name} Dahl"} for name in ("Bo", "Eva", "Kim")))
    for each in others:
        await http.post(f"/v1/parties/{ada}/merge", json={"other": each, "because": "said so"})
    (again,) = await found(contacts, http, AGAIN)
    assert await merge_all(contacts) == 0
    assert await survivor(http, again) == again
    (left,) = [each for each in await pairs(http) if set(each["party_ids"]) == {ada, again}]
    assert left["left_because"] == "others who are one with them speak against it"


async def test_whoever_bears_both_names_makes_no_one_of_twins(contacts: Contacts, http: httpx.AsyncClient) -> None:
    names = ("Ada Holm", "Ada Berta Holm", "Berta Holm")
    ids = await found(contacts, http, *({**ADA, "name": name} for name in names))
    assert await merge_all(contacts) == 1
    assert await survivor(http, ids[0]) != await survivor(http, ids[2])


async def test_what_was_said_of_one_of_several_who_are_one_holds_for_all(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, again = await found(contacts, http, ADA, {**AGAIN, "birth_date": "1971-09-03"})
    (asked,) = await pairs(http)
    await http.post(f"/v1/duplicates/{asked['id']}/dismiss", json={"because": "cousins"})
    await http.patch(f"/v1/parties/{again}", json={"birth_date": "1971-03-09"})
    (third,) = await found(contacts, http, ADA)
    assert await merge_all(contacts) == 1, "with one of the two who are two"
    assert sorted([await survivor(http, each) for each in (ada, again)]) == sorted([ada, again])
    assert await survivor(http, third) in {ada, again}


async def test_a_pair_whose_merge_is_too_large_to_be_told_holds_up_no_other(
    contacts: Contacts, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, again = await found(contacts, http, ADA, AGAIN)
    monkeypatch.setattr(outbox_of_engine, "MAX_VALUE", 100)
    assert await merge_one(cast("Service", contacts)) is False
    assert [await survivor(http, each) for each in (ada, again)] == [ada, again]
    (left,) = await pairs(http)
    assert left["left_because"] == "what they are as one is too large"
    assert await merge_one(cast("Service", contacts)) is None


async def test_several_instances_merge_many_of_one_person_into_one(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ids = await found(contacts, http, ADA, AGAIN, {**ADA, "locale": "da"}, {**AGAIN, "locale": "en"})
    merged = await asyncio.gather(*(merge_all(contacts) for _ in range(3)))
    assert sum(merged) == 3
    assert {await survivor(http, each) for each in ids} == {ids[0]}
    standing = (await http.get("/v1/merges")).json()["items"]
    assert len(standing) == 3


async def test_what_former_rules_found_is_read_and_rated_anew_before_anybody_is_merged_by_it(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """As a version left it that dropped other letters than Latin ones."""
    middle = {"birth_date": "1971-03-09", "address": {**HOME, "country": "DK"}}
    ada, again, *brothers = await found(
        contacts, http, ADA, AGAIN, *({"name": f"{name} Maria Holm", **middle} for name in ("Иван", "Пётр"))
    )
    await contacts.rows("update matching_record set traits = traits - 'rules' - 'country' returning 1")
    await contacts.rows(
        "update matching_record set traits = jsonb_set(traits, '{given}', '\"maria\"')"
        " where traits ->> 'given' <> 'ada' returning 1"
    )
    await contacts.rows(
        "update duplicate set certain = true, bits = 20 where low_id = any ($1) and high_id = any ($1) returning 1",
        brothers,
    )
    assert await merge_all(contacts) == 0, "by former rules"

    service = cast("Service", contacts)
    await asyncio.gather(read_all(service), read_all(service))
    await read_all(service)
    kept = await contacts.rows("select traits ->> 'given' as given from matching_record order by 1")
    assert [row["given"] for row in kept] == sorted(["ada", "ada", "иван maria", "петр maria"])
    assert [len(await pairs(http)) > 0, await merge_all(contacts)] == [True, 1]
    assert [await survivor(http, each) for each in (ada, again, *brothers)] == [ada, ada, *brothers]
    (asked,) = [each for each in await pairs(http) if set(each["party_ids"]) == set(brothers)]
    assert asked["score"] < 0.99


FAMILY = {"birth_date": "1971-03-09", "address": HOME}
HOUR = timedelta(hours=1)


async def merged_by_former_rules(contacts: Contacts, http: httpx.AsyncClient, one: str, other: str) -> None:
    (asked,) = [each for each in await pairs(http) if set(each["party_ids"]) == {one, other}]
    async with contacts.transaction() as tx:
        await merge(tx, UUID(one), UUID(other), Request("certainly one", automatic=True))
        await answer_by_merge(tx, UUID(asked["id"]), UUID(other))
    await contacts.match_described()


async def look_again(contacts: Contacts, http: httpx.AsyncClient) -> list[tuple[set[str], str]]:
    """At every merge, by rules that are new; those that are doubted, and why."""
    await contacts.rows("update party_merge set rules = 1 returning 1")
    service = cast("Service", contacts)
    await asyncio.gather(look_at_all(service), look_at_all(service))
    await look_at_all(service)
    found = await pairs(http, state="merged", doubted=True)
    return [(set(each["party_ids"]), each["doubted_because"]) for each in found]


async def test_a_merge_that_the_rules_of_by_now_would_not_make_is_doubted_until_people_answer(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, _, hans, son, bo, heir = await found(
        contacts, http, ADA, AGAIN, *({**FAMILY, "name": name} for name in ("Hans Dahl Sr", "Hans Dahl Jr")),
        *({**FAMILY, "name": name} for name in ("Bo Berg Sr", "Bo Berg Jr")),
    )  # fmt: skip
    contacts.now += HOUR
    assert await merge_all(contacts) == 1
    await merged_by_former_rules(contacts, http, hans, son)
    await merged_by_former_rules(contacts, http, bo, heir)
    contacts.now += HOUR
    moved = {"lines": ["Engvej 7"], "postal_code": "9000", "city": "Aalborg"}
    await http.patch(f"/v1/parties/{ada}", json={"address": moved})
    await contacts.match_described()
    because = "one is called the elder or the younger"
    asked = await look_again(contacts, http)
    assert sorted(asked, key=str) == sorted([({hans, son}, because), ({bo, heir}, because)], key=str)
    assert [await survivor(http, each) for each in (son, heir)] == [hans, bo], "nothing is undone by itself"

    await http.patch(f"/v1/parties/{hans}", json={"address": {**HOME, "city": "Aarhus"}})
    await contacts.match_described()
    by_pair = {frozenset(each["party_ids"]): each for each in await pairs(http, state="merged", doubted=True)}
    assert by_pair[frozenset((hans, son))]["doubted_because"] == because, "what is learnt beside answers nothing"

    url = f"/v1/duplicates/{by_pair[frozenset((hans, son))]['id']}/confirm"
    confirmed = (await http.post(url, json={"because": "he calls himself both"})).json()
    assert (confirmed["doubted_at"], confirmed["doubted_because"]) == (None, None)
    (undone,) = [each for each in (await http.get("/v1/merges")).json()["items"] if each["into_party_id"] == bo]
    await http.post(f"/v1/merges/{undone['id']}/undo", json={"because": "father and son"})
    await contacts.match_described()
    assert await look_again(contacts, http) == [], "what people answered is remembered"
    assert await merge_all(contacts) == 0
    assert [await survivor(http, each) for each in (son, heir)] == [hans, heir]


async def test_merges_are_looked_at_in_steps_once_all_parties_are_read_by_the_rules(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """After a restore no pair may be known by which they were merged."""
    hans, son, bo, heir = await found(
        contacts, http,
        *({**FAMILY, "name": name} for name in ("Hans Dahl Sr", "Hans Dahl Jr", "Bo Berg Sr", "Bo Berg Jr")),
    )  # fmt: skip
    contacts.now += HOUR
    await merged_by_former_rules(contacts, http, hans, son)
    await merged_by_former_rules(contacts, http, bo, heir)
    await contacts.rows("update party_merge set rules = 0 returning 1")
    await contacts.rows("delete from duplicate returning 1")
    await contacts.rows("update matching_record set traits = traits - 'rules' where party_id = $1 returning 1", hans)
    async with contacts.transaction() as tx:
        assert await look_at_next(tx, 1) == 0

    await read_all(cast("Service", contacts))
    for _ in range(2):
        async with contacts.transaction() as tx:
            assert await look_at_next(tx, 1) == 1
    async with contacts.transaction() as tx:
        assert await look_at_next(tx, 1) == 0
    doubted = [set(each["party_ids"]) for each in await pairs(http, state="merged", doubted=True)]
    assert sorted(doubted, key=str) == sorted([{hans, son}, {bo, heir}], key=str)


async def test_whoever_reads_parties_anew_waits_for_those_who_write_pairs_and_they_for_nobody(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await found(contacts, http, ADA, AGAIN)
    await contacts.rows("update matching_record set traits = traits - 'rules' returning 1")
    async with contacts.transaction() as tx:
        await tx.fetch("update duplicate set left_because = left_because returning 1")
        reading = asyncio.create_task(read_all(cast("Service", contacts)))
        while not reading.done() and not await contacts.rows("select from pg_locks where not granted"):
            await asyncio.sleep(0.01)
        assert len(await tx.fetch("select from matching_record for update nowait")) == 2
    await reading
    assert await contacts.rows("select from matching_record where (traits ->> 'rules') is null") == []


async def test_what_is_learnt_later_asks_about_the_merge_until_people_answer(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, again = await found(contacts, http, ADA, AGAIN)
    await merge_all(contacts)
    assert await pairs(http, state="merged", doubted=True) == []
    url = f"/v1/duplicates/{(await pairs(http, state='merged'))[0]['id']}/confirm"
    assert (await http.post(url, json={"because": "no doubt"})).status_code == 409

    await http.patch(f"/v1/parties/{ada}", json={"name": "Bo Dahl", "birth_date": "1944-01-01"})
    await contacts.match_described()
    (doubted,) = await pairs(http, state="merged", doubted=True)
    assert set(doubted["party_ids"]) == {ada, again}
    assert (await http.post(url, json={"because": "she married"})).json()["doubted_at"] is None
    assert await pairs(http, state="merged", doubted=True) == []

    await contacts.rows("update matching_record set traits = traits - 'rules' returning 1")
    await http.patch(f"/v1/parties/{ada}", json={"locale": "da"})
    await contacts.match_described()
    await read_all(cast("Service", contacts))
    assert await pairs(http, state="merged", doubted=True) == [], "other rules know no more than those who answered"

    await http.patch(f"/v1/parties/{ada}", json={"birth_date": "1944-01-02"})
    await contacts.match_described()
    assert len(await pairs(http, state="merged", doubted=True)) == 1

"""Parties that are one: an alias that shows both as one and can be taken back exactly, whatever came meanwhile."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from hypothesis import HealthCheck, given, settings, strategies as st

from services.contacts.handlers.recovery import take_back_changes, take_back_parties
from shared.engine.event import Event
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale

BO = {"type": "email", "value": "bo@example.com"}
SHOP_82 = {"type": "external", "system": "shop", "value": "82"}
BECAUSE = {"because": "the same address"}


async def two(contacts: Contacts) -> list[UUID]:
    """Ada Holm with a number and an e-mail, and A. Holm with another number and a phone."""
    await contacts.accept(sale("s-1", SHOP_81, ADA, name="Ada Holm"), sale("s-2", SHOP_82, PHONE, name="A. Holm"))
    return [data.party_id for data in await contacts.of_type("sale.completed")]


async def merge(http: httpx.AsyncClient, into: object, other: object, **more: Any) -> httpx.Response:
    return await http.post(f"/v1/parties/{into}/merge", json={"other": str(other), **BECAUSE, **more})


async def view(http: httpx.AsyncClient, party_id: object) -> dict[str, Any]:
    answer = await http.get(f"/v1/parties/{party_id}")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_both_ids_answer_as_one_until_it_is_undone(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ada, other = await two(contacts)
    address = {"lines": ["Nørregade 1"], "city": "Aarhus"}
    await http.patch(f"/v1/parties/{other}", json={"address": address, "roles": ["partner"]})
    await contacts.show_published()
    before = [await view(http, each) for each in (ada, other)]

    tried = await merge(http, ada, other, fields=["name"], dry_run=True)
    assert (tried.status_code, tried.json()["id"], tried.json()["result"]["name"]) == (200, None, "A. Holm")
    assert [await view(http, each) for each in (ada, other)] == before
    done = await merge(http, ada, other, fields=["name"])
    assert (done.status_code, done.json()["fields"]) == (201, ["address", "name", "roles"])
    await contacts.accept(sale("s-3", SHOP_82), sale("s-4", SHOP_81))
    await contacts.show_published()

    one = await view(http, ada)
    assert await view(http, other) == one
    assert (one["id"], one["name"], one["roles"], one["address"]["city"]) == (
        str(ada),
        "A. Holm",
        ["partner"],
        "Aarhus",
    )
    assert len(one["identities"]) == 4
    [total] = one["totals"]
    assert (total["sales"], total["net"]["minor"]) == (4, 4 * 12_995)
    [lines, same] = [
        (await http.get(f"/v1/parties/{each}/timeline", params={"type": "sale.completed", "limit": 3})).json()
        for each in (ada, other)
    ]
    assert lines["items"] == same["items"]
    assert len(lines["items"]) == 3
    assert [data.party_id for data in await contacts.of_type("sale.completed")] == [ada, other, other, ada]
    told = await contacts.of_type("party.merged")
    assert [(each.party_id, each.into_party_id, each.merged_party_id) for each in told] == [
        (ada, ada, other),
        (other, ada, other),
    ]
    described = {each.party_id: each for each in await contacts.of_type("party.described")}
    assert (described[other].merged_into, described[ada].merged_into, described[ada].name) == (ada, None, "A. Holm")

    undone = await http.post(f"/v1/merges/{done.json()['id']}/undo", json=BECAUSE)
    assert (undone.status_code, undone.json()["undone_because"]) == (200, "the same address")
    after = [await view(http, each) for each in (ada, other)]
    for now, was in zip(after, before, strict=True):
        assert {name: now[name] for name in ("name", "roles", "address", "identities", "merged_into")} == {
            name: was[name] for name in ("name", "roles", "address", "identities", "merged_into")
        }
    assert [each["totals"][0]["sales"] for each in after] == [2, 2]
    listed = (await http.get("/v1/merges", params={"party_id": str(other)})).json()["items"]
    assert [each["id"] for each in listed] == [done.json()["id"]]


async def test_what_cannot_be_merged_is_refused_and_nothing_changes(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    third = UUID((await http.post("/v1/parties", json={"name": "Cay"})).json()["id"])

    def said(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    assert said(await merge(http, ada, ada)) == (422, "invalid")
    assert said(await merge(http, ada, uuid4())) == (404, "not_found")
    assert said(await merge(http, uuid4(), ada)) == (404, "not_found")
    assert (await merge(http, ada, other, fields=["shoe_size"])).status_code == 422
    stale = await http.post(
        f"/v1/parties/{ada}/merge", json={"other": str(other), **BECAUSE}, headers={"If-Match": '"9"'}
    )
    assert said(stale) == (409, "stale")
    assert await contacts.rows("select * from party_merge") == []
    done = (await merge(http, ada, other)).json()["id"]
    for into, of in ((ada, other), (other, ada), (third, other), (other, third)):
        assert said(await merge(http, into, of)) == (409, "merged")
    assert (await merge(http, third, ada)).status_code == 201
    assert (await view(http, other))["id"] == str(third)
    undo = f"/v1/merges/{done}/undo"
    tries = await asyncio.gather(*(http.post(undo, json=BECAUSE) for _ in range(3)))
    assert sorted(answer.status_code for answer in tries) == [200, 409, 409]
    assert (await http.post(f"/v1/merges/{uuid4()}/undo", json=BECAUSE)).status_code == 404
    assert [(await view(http, each))["id"] for each in (ada, other, third)] == [str(third), str(other), str(third)]


async def test_of_two_that_are_merged_into_each_other_at_once_one_is(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    answers = await asyncio.gather(merge(http, ada, other), merge(http, other, ada))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_what_changes_a_sale_may_name_either_of_two_that_are_one(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    await merge(http, ada, other)
    money = {"minor": 500, "currency": "DKK"}
    back = reported("sale.refunded", party={"identities": [SHOP_82]}, sale_id="s-1", total=money)
    gone = reported("sale.cancelled", party={"identities": [SHOP_81]}, sale_id="s-2", revision=2)
    await contacts.accept(back, gone, sale("s-1", SHOP_82))
    assert [each.party_id for each in await contacts.of_type("sale.refunded")] == [ada]
    assert [each.party_id for each in await contacts.of_type("sale.cancelled")] == [other]
    assert len(await contacts.of_type("sale.completed")) == 2


def profile(number: int, *identities: dict[str, str], **more: Any) -> Event[Any]:
    at = NOW + timedelta(minutes=number)
    return reported("profile.submitted", at=at, party={"identities": list(identities), **more})


STEPS = [
    profile(1, SHOP_81, name="Ada"),
    profile(2, SHOP_82, name="A. Holm", locale="da"),
    profile(3, SHOP_81, ADA, birth_date="1990-02-03"),
    profile(4, SHOP_82, PHONE, locale="en", address={"city": "Aarhus"}),
    profile(5, ADA, PHONE, kind="person"),
    profile(6, PHONE, BO, name="B. Holm"),
    sale("s-3", SHOP_81, roles=["partner"]),
    sale("s-4", SHOP_82, PHONE),
    reported("sale.refunded", party={"identities": [PHONE]}, sale_id="s-4", total={"minor": 5, "currency": "DKK"}),
]
FIELDS = ("name", "kind", "address", "birth_date", "locale", "time_zone", "roles", "identities", "totals", "lifecycle")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(range(len(STEPS))), max_size=9, unique=True),
    cuts=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    fields=st.sets(st.sampled_from(["name", "locale", "birth_date"])),
)
async def test_events_with_a_merge_and_its_undo_leave_what_the_events_alone_leave(
    contacts: Contacts, http: httpx.AsyncClient, steps: Sequence[int], cuts: tuple[int, int], fields: set[str]
) -> None:
    async def play(*, merged: bool) -> list[dict[str, Any]]:
        await contacts.clear()
        parties = await two(contacts)
        first, second = sorted(cuts)
        done = ""
        for place in range(10):
            if merged and place == first:
                done = (await merge(http, *parties, fields=sorted(fields))).json()["id"]
            if merged and place == second:
                assert (await http.post(f"/v1/merges/{done}/undo", json=BECAUSE)).status_code == 200
            if place < len(steps):
                await contacts.accept(STEPS[steps[place]])
        await contacts.show_published()
        views = [await view(http, each) for each in parties]
        return [{name: _plain(each[name]) for name in FIELDS} for each in views]

    assert await play(merged=True) == await play(merged=False)


def _plain(value: Any) -> Any:
    """Without ids, which are drawn anew each time."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in {"id", "cause_event_id"}}
    return [_plain(each) for each in value] if isinstance(value, list) else value


async def test_what_came_while_two_were_one_and_may_be_of_either_is_listed(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    done = (await merge(http, ada, other)).json()["id"]
    await http.patch(f"/v1/parties/{ada}", json={"locale": "da"})
    await contacts.accept(sale("s-5", SHOP_81, PHONE))
    undone = (await http.post(f"/v1/merges/{done}/undo", json=BECAUSE)).json()
    assert [each["what"] for each in undone["ambiguous"]] == ["identity", "field"]


async def test_who_is_separated_is_not_shown_by_whom_the_other_goes_on_as_either(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    third = UUID((await http.post("/v1/parties", json={"name": "Cay"})).json()["id"])
    said = {"birth_date": "1990-02-03", "locale": "da", "roles": ["partner"], "tags": ["vip"]}
    await http.patch(f"/v1/parties/{other}", json=said)
    await http.patch(f"/v1/parties/{ada}", json={"time_zone": "Europe/Copenhagen"})
    inner, outer = [(await merge(http, *each)).json()["id"] for each in ((ada, other), (third, ada))]

    async def shown() -> tuple[Any, ...]:
        last = {each.party_id: each for each in await contacts.of_type("party.described")}[third]
        return last.birth_date, last.locale, last.roles, last.tags, last.time_zone

    assert await shown() == ("1990-02-03", "da", ["partner"], ["vip"], "Europe/Copenhagen")
    await http.patch(f"/v1/parties/{ada}", json={"locale": "en"})
    assert (await http.post(f"/v1/merges/{inner}/undo", json=BECAUSE)).status_code == 200
    assert await shown() == (None, "en", [], [], "Europe/Copenhagen")
    assert (await view(http, third))["birth_date"] is None
    assert (await view(http, other))["birth_date"] == "1990-02-03"
    assert (await http.post(f"/v1/merges/{outer}/undo", json=BECAUSE)).status_code == 200
    assert await shown() == (None, None, [], [], None)


async def test_after_a_restore_merges_stand_as_the_topics_tell_them(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, other = await two(contacts)
    done = (await merge(http, ada, other)).json()["id"]
    log = await contacts.relayed()
    await contacts.pool.execute(
        "delete from party_merge; update party set merged_into = null, picked = '[]', version = 1"
    )
    async with contacts.transaction() as tx:
        await take_back_parties([event for event in log if event.topic == "crm.parties"], tx)
        await take_back_changes([event for event in log if event.type == "crm.party.merged.v1"], tx)
    assert (await view(http, other))["id"] == str(ada)
    assert (await http.post(f"/v1/merges/{done}/undo", json=BECAUSE)).status_code == 200
    assert (await view(http, other))["id"] == str(other)

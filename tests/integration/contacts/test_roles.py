"""Which roles parties have, and from when to when: told by profiles and by people, through merges and restores."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contacts.handlers.recovery import take_back_changes, take_back_parties
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale

DAY = timedelta(days=1)
TODAY = NOW.date()


def profile(*identities: dict[str, str], roles: list[str], at: Any = NOW, **more: Any) -> Any:
    return reported("profile.submitted", at=at, party={"identities": list(identities), "roles": roles, **more})


async def roles(http: httpx.AsyncClient, party_id: object) -> list[tuple[str, str | None, str | None]]:
    answer = await http.get(f"/v1/parties/{party_id}/roles")
    assert answer.status_code == 200
    return [(each["role"], each["since"], each["ended_on"]) for each in answer.json()["items"]]


async def shown(http: httpx.AsyncClient, party_id: object) -> list[str]:
    return list((await http.get(f"/v1/parties/{party_id}")).json()["roles"])


async def grant(http: httpx.AsyncClient, party_id: object, **body: Any) -> httpx.Response:
    return await http.post(f"/v1/parties/{party_id}/roles", json=body)


async def end(http: httpx.AsyncClient, role_id: object, **body: Any) -> httpx.Response:
    return await http.post(f"/v1/roles/{role_id}/end", json=body)


async def merge(http: httpx.AsyncClient, into: object, other: object) -> str:
    done = await http.post(f"/v1/parties/{into}/merge", json={"other": str(other), "because": "one"})
    return str(done.json()["id"])


async def described(contacts: Contacts, party_id: object) -> list[str]:
    """The roles of the party as its newest description has them."""
    found = [each for each in await contacts.of_type("party.described") if str(each.party_id) == str(party_id)]
    return list(found[-1].roles)


async def two(contacts: Contacts) -> list[UUID]:
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", PHONE))
    return [data.party_id for data in await contacts.of_type("sale.completed")]


async def test_a_profile_grants_a_role_since_its_day_and_once(contacts: Contacts, http: httpx.AsyncClient) -> None:
    for number in range(3):
        await contacts.accept(profile(ADA, roles=["supplier", "partner"], at=NOW - (3 - number) * DAY))
    await contacts.accept(sale("s-1", ADA, roles=["customer"]))
    await contacts.show_published()
    told = await contacts.of_type("role.granted")
    since = (NOW - 3 * DAY).date().isoformat()
    assert [(each.role, each.since, each.origin) for each in told] == [
        ("partner", since, "/shop"),
        ("supplier", since, "/shop"),
        ("customer", TODAY.isoformat(), "/shop"),
    ]
    [party_id] = {each.party_id for each in told}
    assert await roles(http, party_id) == [(each.role, each.since, None) for each in told]
    answer = await http.get(f"/v1/parties/{party_id}/timeline", params={"type": "role.granted"})
    assert len(answer.json()["items"]) == 3


async def test_two_of_one_batch_grant_a_role_once_and_a_party_beside_a_profile_gets_its_own(
    contacts: Contacts,
) -> None:
    beside = [{"kind": "employs", "party": {"identities": [PHONE], "roles": ["customer"]}}]
    await contacts.accept(profile(ADA, roles=["vendor"]), profile(ADA, roles=["vendor", "vendor"], relations=beside))
    told = await contacts.of_type("role.granted")
    assert sorted(each.role for each in told) == ["customer", "vendor"]
    assert len({each.party_id for each in told}) == 2


@pytest.mark.parametrize("way", ["create", "batch", "patch"])
async def test_people_grant_roles_by_every_way_in(contacts: Contacts, http: httpx.AsyncClient, way: str) -> None:
    body: dict[str, Any] = {"name": "Ada", "identities": [ADA], "roles": ["supplier"]}
    if way == "batch":
        done = await http.post("/v1/parties/batch", json={"items": [body, body]})
        party_id = done.json()["results"][0]["id"]
    else:
        done = await http.post("/v1/parties", json=body if way == "create" else body | {"roles": []})
        party_id = done.json()["id"]
        for _ in range(2):
            await http.patch(f"/v1/parties/{party_id}", json={"roles": ["supplier"]})
    assert await roles(http, party_id) == [("supplier", TODAY.isoformat(), None)]
    assert [each.role for each in await contacts.of_type("role.granted")] == ["supplier"]


async def test_a_role_that_ended_comes_back_by_later_word_alone(contacts: Contacts, http: httpx.AsyncClient) -> None:
    """What a profile said before is old, whenever it comes; what it says later holds, as a time of its own."""
    await contacts.accept(profile(ADA, roles=["supplier"], at=NOW - 9 * DAY))
    [first] = await contacts.of_type("role.granted")
    done = await end(http, first.role_id, on=(NOW - DAY).date().isoformat())
    assert (done.status_code, done.json()["ended_on"]) == (200, (NOW - DAY).date().isoformat())
    assert await shown(http, first.party_id) == await described(contacts, first.party_id) == []
    again = await end(http, first.role_id)
    assert (again.status_code, again.json()["state"]["ended_on"]) == (409, done.json()["ended_on"])
    for before in (NOW - 20 * DAY, NOW - timedelta(hours=1)):
        await contacts.accept(profile(ADA, roles=["supplier"], at=before), sale(str(before), ADA, at=before))
    assert await shown(http, first.party_id) == []
    await contacts.accept(profile(ADA, roles=["supplier"], at=NOW + timedelta(minutes=1)))
    assert await shown(http, first.party_id) == ["supplier"]
    assert [each[1:] for each in await roles(http, first.party_id)] == [
        ((NOW - 9 * DAY).date().isoformat(), (NOW - DAY).date().isoformat()),
        (TODAY.isoformat(), None),
    ]
    assert [each.ended_on for each in await contacts.of_type("role.ended")] == [(NOW - DAY).date().isoformat()]


async def test_a_role_that_cannot_be_given_or_ended_is_refused_by_field(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    one, _ = await two(contacts)
    tomorrow = (NOW + DAY).date().isoformat()
    for body, field in (
        ({"role": "friend"}, "body.role"),
        ({"role": "vendor", "since": tomorrow}, "body.since"),
        ({"role": "vendor", "since": "2026-02-30"}, "body.since"),
    ):
        answer = await grant(http, one, **body)
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field])
    assert (await grant(http, UUID(int=5), role="vendor")).status_code == 404
    made = (await grant(http, one, role="vendor", since="2026-01-31")).json()
    held = await grant(http, one, role="vendor")
    assert (held.status_code, held.json()["state"]["since"]) == (409, "2026-01-31")
    for wrong in ("2026-01-30", tomorrow, "soon"):
        answer = await end(http, made["id"], on=wrong)
        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["body.on"])
    assert (await end(http, made["id"], on="2026-02-28")).status_code == 200
    assert (await grant(http, one, role="vendor", since="2026-02-27")).status_code == 422
    assert (await grant(http, one, role="vendor", since="2026-02-28")).status_code == 201
    assert (await end(http, UUID(int=5))).status_code == 404


async def test_a_merge_shows_the_roles_of_both_until_they_end_and_its_undo_gives_each_its_own(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    one, other = await two(contacts)
    theirs = (await grant(http, other, role="supplier")).json()
    kept = (await grant(http, other, role="vendor")).json()
    merged = await merge(http, one, other)
    assert await shown(http, one) == ["supplier", "vendor"]
    given = await grant(http, other, role="partner")
    assert given.json()["party_id"] == str(one)
    await end(http, theirs["id"])
    assert await shown(http, one) == await described(contacts, one) == ["partner", "vendor"]
    assert {each[0] for each in await roles(http, one)} == {"supplier", "vendor", "partner"}
    await http.post(f"/v1/merges/{merged}/undo", json={"because": "two"})
    assert (await shown(http, one), await shown(http, other)) == (["partner"], ["vendor"])
    assert await end(http, kept["id"]) is not None
    assert await shown(http, other) == []


@pytest.mark.parametrize("holder", ["middle", "last", "nobody"])
async def test_in_a_chain_of_merges_a_role_is_shown_as_long_as_one_of_them_has_it(
    contacts: Contacts, http: httpx.AsyncClient, holder: str
) -> None:
    first, middle = await two(contacts)
    await contacts.accept(sale("s-3", ADA))
    last = (await contacts.of_type("sale.completed"))[-1].party_id
    ids = {"middle": middle, "last": last, "nobody": None}
    if ids[holder]:
        await grant(http, ids[holder], role="supplier")
    ending = (await grant(http, last if holder != "last" else middle, role="supplier")).json()
    await merge(http, middle, last)
    await merge(http, first, middle)
    assert await shown(http, first) == ["supplier"]
    await end(http, ending["id"])
    assert await shown(http, first) == await described(contacts, first) == (["supplier"] if ids[holder] else [])


async def test_a_restored_database_takes_roles_back_and_older_facts_grant_none_again(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    told = [
        replace(profile(SHOP_81, roles=["supplier"], at=NOW - DAY), timestamp=1_000),
        replace(profile(PHONE, roles=["vendor"], at=NOW - DAY), timestamp=1_001),
    ]
    await contacts.accept(*told)
    first, _ = await contacts.of_type("role.granted")
    await end(http, first.role_id)
    await grant(http, first.party_id, role="partner", since="2020-05-01")
    rows = "select id, party_id, role, since, ended_on from party_role order by id"
    before, standing = await contacts.rows(rows), await contacts.rows("select id, roles from party order by id")
    log = await contacts.relayed()
    await contacts.pool.execute("delete from party_role; delete from party; delete from identity")
    async with contacts.transaction() as tx:
        await take_back_parties([each for each in log if each.topic == "crm.parties"], tx)
    for _ in range(2):
        async with contacts.transaction() as tx:
            await take_back_changes([each for each in log if each.type.startswith("crm.role.")], tx)
    await contacts.accept(*told)
    assert await contacts.rows(rows) == before
    assert await contacts.rows("select id, roles from party order by id") == standing
    assert len(await contacts.of_type("role.granted")) == 3


async def test_an_erased_party_has_no_role_and_its_past_ones_stay_under_its_id(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    one, _ = await two(contacts)
    made = (await grant(http, one, role="vendor")).json()
    asked = await http.post("/v1/erasures", json={"party_id": str(one), "because": "asked", "by": "staff-1"})
    await http.post(f"/v1/erasures/{asked.json()['id']}/approve", json={"by": "staff-2"})
    assert (await end(http, made["id"])).status_code == 410
    assert (await grant(http, one, role="partner")).status_code == 410
    assert [each[0] for each in await roles(http, one)] == ["vendor"]

"""Addresses by what they are for, tags, the operator's own fields, and which address is written to and why."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contacts.custom import CustomFields, Definition
from services.contacts.handlers.recovery import take_back_parties
from services.contacts.search.commands import ROUND
from shared.errors import BadRecord
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale

DAY = timedelta(days=1)
BO = {"type": "email", "value": "bo@example.com"}
FIRM: dict[str, Any] = {"kind": "organisation", "name": "Holm A/S"}


def profile(*identities: dict[str, Any], at: Any = NOW, **more: Any) -> Any:
    return reported("profile.submitted", at=at, party={"identities": list(identities), **more})


async def view(http: httpx.AsyncClient, party_id: object, **at: Any) -> dict[str, Any]:
    answer = await http.get(f"/v1/parties/{party_id}", params=at)
    assert answer.status_code == 200
    return dict(answer.json())


def details(shown: dict[str, Any]) -> tuple[dict[str, str], list[str], dict[str, Any]]:
    """The cities by what they are for, the tags and the own fields."""
    cities = {kind: each["city"] for kind, each in (shown["addresses"] or {}).items() if each}
    return cities, shown["tags"], shown["custom"]


async def only(contacts: Contacts) -> UUID:
    [party_id] = [row["id"] for row in await contacts.rows("select id from party")]
    return UUID(str(party_id))


@pytest.mark.parametrize("seed", range(4))
async def test_of_each_field_the_later_word_holds_in_any_order_and_batches(
    contacts: Contacts, http: httpx.AsyncClient, seed: int
) -> None:
    told = [
        profile(SHOP_81, at=NOW - 3 * DAY, tags=["vip", "vip"], custom={"industry": "toys"}, **FIRM),
        profile(SHOP_81, at=NOW - 2 * DAY, addresses={"billing": {"city": "Aarhus"}, "work": {"city": "Ribe"}}),
        profile(SHOP_81, at=NOW - DAY, addresses={"billing": {"city": "Odense"}}, tags=["b2b"]),
        profile(SHOP_81, at=NOW, custom={"industry": " paper ", "employees": 12}),
    ]
    dice = random.Random(seed)
    dice.shuffle(told)
    cut = dice.randrange(len(told))
    for batch in (told[:cut], told[cut:]):
        await contacts.accept(*batch)
    party_id = await only(contacts)
    shown = await view(http, party_id)
    held = ({"billing": "Odense", "work": "Ribe"}, ["b2b", "vip"], {"employees": 12, "industry": "paper"})
    assert details(shown) == held
    described = (await contacts.of_type("party.described"))[-1]
    assert (described.custom, described.custom_version) == (held[2], 1)
    for each in await contacts.of_type("party.updated"):
        assert "vip" not in str(each)
        assert "paper" not in str(each)
    # A fact fills what is empty alone.
    more: dict[str, Any] = {"tags": ["new"], "custom": {"industry": "x"}, "addresses": {"home": {"city": "Vejle"}}}
    await contacts.accept(sale("s-1", SHOP_81, **more))
    assert details(await view(http, party_id)) == (held[0] | {"home": "Vejle"}, ["b2b", "new", "vip"], held[2])


async def test_people_set_and_empty_each_of_them_and_what_was_told_before_stays_gone(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    said: dict[str, Any] = {
        "tags": ["vip"],
        "custom": {"industry": "toys"},
        "addresses": {"billing": {"city": "Aarhus"}},
    }
    made = await http.post("/v1/parties", json={**FIRM, "identities": [SHOP_81], **said})
    assert (made.status_code, details(made.json())) == (201, ({"billing": "Aarhus"}, ["vip"], {"industry": "toys"}))
    path = f"/v1/parties/{made.json()['id']}"
    body: dict[str, Any] = {"tags": ["b2b"], "custom": {"employees": 5}, "addresses": {"billing": None}}
    done = await http.patch(path, json=body)
    assert details(done.json()) == ({}, ["b2b"], {"employees": 5, "industry": "toys"})
    assert (await http.patch(path, json=body)).json()["version"] == done.json()["version"]
    await contacts.accept(profile(SHOP_81, at=NOW - DAY, **said), sale("s-1", SHOP_81, at=NOW - DAY, **said))
    assert details(await view(http, made.json()["id"])) == ({}, ["b2b"], {"employees": 5, "industry": "toys"})
    whole = await http.put(path, json={"name": "Holm A/S", "custom": {"interest": "food"}})
    assert details(whole.json()) == ({}, [], {"interest": "food"})
    batch = {
        "items": [{"identities": [SHOP_81], "custom": {"interest": "cars"}}, {"identities": [SHOP_81], "tags": ["x"]}]
    }
    results = (await http.post("/v1/parties/batch", json=batch)).json()["results"]
    assert [each["status"] for each in results] == ["refused", "updated"]


async def test_tags_are_those_that_people_set_with_what_is_told_later_as_many_as_a_party_may_have(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = (await http.post("/v1/parties", json={**FIRM, "identities": [SHOP_81], "tags": ["a"]})).json()["id"]
    await http.patch(f"/v1/parties/{party_id}", json={"tags": ["b"]})
    await contacts.accept(profile(SHOP_81, at=NOW - DAY, tags=["c"]), sale("s-1", SHOP_81, at=NOW - DAY, tags=["d"]))
    assert (await view(http, party_id))["tags"] == ["b"]
    contacts.now += DAY
    await contacts.accept(
        sale("s-2", SHOP_81, at=NOW + DAY / 2, tags=["e"]), profile(SHOP_81, at=NOW + DAY, tags=["f"])
    )
    assert (await view(http, party_id))["tags"] == ["b", "e", "f"]
    for number in range(3):
        many = [f"{number}-{each}" for each in range(50)]
        await contacts.accept(sale(f"t-{number}", SHOP_81, at=NOW + DAY, tags=many))
    assert len((await view(http, party_id))["tags"]) == 100
    item = {"identities": [SHOP_81], "tags": ["one more"]}
    [answer] = (await http.post("/v1/parties/batch", json={"items": [item]})).json()["results"]
    assert (answer["status"], answer["detail"]) == (
        "unchanged",
        "the party has no room for some of these tags, which were left out",
    )


async def test_what_is_replaced_as_a_whole_is_empty_also_of_what_was_told_before(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = (await http.post("/v1/parties", json={**FIRM, "identities": [SHOP_81]})).json()["id"]
    await http.put(f"/v1/parties/{party_id}", json=FIRM)
    told: dict[str, Any] = {"tags": ["a"], "custom": {"industry": "toys"}, "addresses": {"home": {"city": "Ribe"}}}
    await contacts.accept(profile(SHOP_81, at=NOW - DAY, **told), sale("s-1", SHOP_81, at=NOW - DAY, **told))
    assert details(await view(http, party_id)) == ({}, [], {})


@pytest.mark.parametrize("said", [{"name": "Ada"}, {"custom": {"interest": "food"}}])
async def test_a_word_that_is_said_again_is_as_late_as_its_last_time(
    contacts: Contacts, http: httpx.AsyncClient, said: dict[str, Any]
) -> None:
    other = {"name": "Bo"} if "name" in said else {"custom": {"interest": "home"}}
    for days, each in ((3, said), (1, said), (2, other)):
        await contacts.accept(profile(SHOP_81, at=NOW - days * DAY, **each))
    shown = await view(http, await only(contacts))
    assert {name: shown[name] for name in said} == said


async def test_blank_is_nothing_told_and_empties_over_http(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(profile(SHOP_81, custom={"industry": " ", "interest": "food"}, addresses={"work": {}}))
    shown = await view(http, await only(contacts))
    assert details(shown) == ({}, [], {"interest": "food"})
    assert shown["addresses"] is None
    emptied = await http.patch(f"/v1/parties/{shown['id']}", json={"custom": {"interest": ""}})
    assert details(emptied.json()) == ({}, [], {})


@pytest.mark.parametrize("number", [2**53, -(2**53), 1e300, 10**400])
async def test_a_number_that_json_cannot_carry_exactly_is_refused(http: httpx.AsyncClient, number: float) -> None:
    body = {**FIRM, "identities": [SHOP_81], "custom": {"employees": number}}
    answer = await http.post("/v1/parties", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("body.custom.employees")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"custom": {"colour": "red"}}, "custom.colour"),
        ({"custom": {"employees": "many"}}, "custom.employees"),
        ({"custom": {"employees": 5}, "kind": "person"}, "custom.employees"),
        ({"custom": {"interest": "Food"}}, "custom.interest"),
    ],
)
async def test_what_fits_no_definition_is_refused_by_field(
    contacts: Contacts, http: httpx.AsyncClient, said: dict[str, Any], field: str
) -> None:
    made = await http.post("/v1/parties", json={**FIRM, "identities": [SHOP_81], **said})
    assert (made.status_code, [each["field"] for each in made.json()["errors"]]) == (422, [f"body.{field}"])
    await http.post("/v1/parties", json={"kind": said.get("kind", "organisation"), "identities": [SHOP_81]})
    changed = await http.patch(f"/v1/parties/{await only(contacts)}", json={"custom": said["custom"]})
    assert (changed.status_code, [each["field"] for each in changed.json()["errors"]]) == (422, [f"body.{field}"])
    beside = [{"kind": "employs", "party": {"identities": [BO], **said}}]
    for fact, where in ((profile(ADA, **said), "party"), (profile(ADA, relations=beside), "party.relations.0.party")):
        with pytest.raises(BadRecord) as refused:
            await contacts.accept(fact)
        assert (refused.value.reason, refused.value.field) == ("custom_field", f"{where}.{field}")


async def test_tags_and_searched_fields_find_a_party_and_others_do_not(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(
        profile(SHOP_81, tags=["Gold club"], custom={"industry": "Paperworks", "employees": 4711}, **FIRM)
    )

    async def found(q: str) -> int:
        return len((await http.get("/v1/parties", params={"q": q})).json()["items"])

    assert [await found(q) for q in ("gold", "paperwork", "holm paperworks", "4711", "silver")] == [1, 1, 1, 0, 0]
    await http.patch(f"/v1/parties/{await only(contacts)}", json={"tags": [], "custom": {"industry": None}})
    assert [await found(q) for q in ("gold", "paperworks", "holm")] == [0, 0, 1]


async def test_other_definitions_are_taken_to_the_search_of_everybody(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(profile(SHOP_81, custom={"industry": "Paperworks"}, **FIRM), profile(ADA, name="Ada"))
    context: Any = contacts.context
    found = []
    for is_searched in (False, True):
        fields = {"industry": Definition(type="text", searched=is_searched)}
        contacts.context = context._replace(custom=CustomFields(version=2, fields=fields))
        async with contacts.ledger_of(contacts.pool).transaction() as tx:
            await ROUND.begin(tx)
            assert await ROUND.go_on(tx)
        found.append(
            [len((await http.get("/v1/parties", params={"q": q})).json()["items"]) for q in ("paperworks", "ada")]
        )
    assert found == [[0, 1], [1, 1]]


async def test_a_merge_fills_what_the_survivor_does_not_say_and_its_undo_is_exact(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(
        profile(SHOP_81, tags=["a"], custom={"industry": "toys"}, kind="organisation"),
        profile(PHONE, tags=["b"], custom={"industry": "x", "employees": 2}, addresses={"work": {"city": "Ribe"}}),
    )
    one, other = [each.party_id for each in await contacts.of_type("party.registered")]
    before = [await view(http, each) for each in (one, other)]
    done = await http.post(f"/v1/parties/{one}/merge", json={"other": str(other), "because": "one"})
    assert set(done.json()["fields"]) == {"tags", "custom.employees", "addresses.work"}
    both = ({"work": "Ribe"}, ["a", "b"], {"employees": 2, "industry": "toys"})
    assert details(await view(http, one)) == details(await view(http, other)) == both
    assert details(await view(http, one, as_of=NOW.isoformat())) == both
    await http.patch(f"/v1/parties/{one}", json={"tags": ["a"]})
    await http.post(f"/v1/merges/{done.json()['id']}/undo", json={"because": "two"})
    for each, was in zip((one, other), before, strict=True):
        assert details(await view(http, each)) == details(was)


@pytest.mark.parametrize(
    "ahead", [timedelta(0), timedelta(seconds=2)], ids=["in one moment", "by a clock that is ahead"]
)
async def test_what_people_write_after_a_merge_holds_whatever_was_picked(
    contacts: Contacts, http: httpx.AsyncClient, ahead: timedelta
) -> None:
    said: dict[str, Any] = {"custom": {"interest": "home"}, "addresses": {"work": {"city": "Ribe"}}, "tags": ["b"]}
    await contacts.accept(profile(SHOP_81, name="Ada"), profile(PHONE, name="Bo", locale="da", **said))
    one, other = [each.party_id for each in await contacts.of_type("party.registered")]
    contacts.now += ahead
    await http.post(f"/v1/parties/{one}/merge", json={"other": str(other), "because": "one", "fields": ["name"]})
    contacts.now -= ahead
    body: dict[str, Any] = {"name": "Eva", "locale": None, "tags": ["a"], "custom": {"interest": None}}
    done = (await http.patch(f"/v1/parties/{one}", json={**body, "addresses": {"work": {"city": "Vejle"}}})).json()
    assert (done["name"], done["locale"]) == ("Eva", None)
    assert details(done) == ({"work": "Vejle"}, ["a"], {})
    assert details(await view(http, one)) == details(done)


async def test_which_address_is_written_to_and_why(contacts: Contacts, http: httpx.AsyncClient) -> None:
    """The one used last, until somebody says which."""

    async def why() -> dict[str, str | None]:
        shown = await view(http, await only(contacts))
        past = await view(http, await only(contacts), as_of=NOW.isoformat())
        assert past["identities"] == shown["identities"]
        return {each["value"]: each["primary_because"] for each in shown["identities"] if each["type"] == "email"}

    await contacts.accept(sale("s-1", SHOP_81, ADA, at=NOW - 3 * DAY), sale("s-2", SHOP_81, BO, at=NOW - 2 * DAY))
    assert await why() == {"ada@example.com": None, "bo@example.com": "used_last"}
    await contacts.accept(profile(SHOP_81, {**BO, "primary": True}, at=NOW - DAY))
    assert await why() == {"ada@example.com": None, "bo@example.com": "stated"}
    await contacts.accept(sale("s-3", SHOP_81, ADA))
    assert await why() == {"ada@example.com": None, "bo@example.com": "stated"}


async def test_details_come_back_after_a_restore_and_go_with_an_erasure(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    said: dict[str, Any] = {"tags": ["vip"], "custom": {"industry": "toys"}, "addresses": {"home": {"city": "Ribe"}}}
    old = profile(SHOP_81, at=NOW - 2 * DAY, **said, **FIRM)
    await contacts.accept(old)
    party_id = await only(contacts)
    await http.patch(f"/v1/parties/{party_id}", json={"tags": [], "custom": {"industry": "paper"}})
    log = [each for each in await contacts.relayed() if each.topic == "crm.parties"]
    before = await view(http, party_id)
    await contacts.pool.execute("update party set version = 1, details = '{\"tags.vip\": true}', said_at = '{}'")
    async with contacts.transaction() as tx:
        await take_back_parties(log, tx)
    await contacts.accept(old)
    assert details(await view(http, party_id)) == details(before) == ({"home": "Ribe"}, [], {"industry": "paper"})
    asked = await http.post("/v1/erasures", json={"party_id": str(party_id), "because": "asked", "by": "staff-1"})
    done = await http.post(f"/v1/erasures/{asked.json()['id']}/approve", json={"by": "staff-2"})
    assert set(done.json()["left"].values()) == {0}
    assert await contacts.rows("select from party where details <> '{}'") == []
    assert await contacts.rows("select from searched_party") == []

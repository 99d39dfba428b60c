"""Facts find or found the parties that they name."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.errors import NoIdentity
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale


async def test_a_sale_of_somebody_new_registers_and_describes_the_party_before_the_sale(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA, SHOP_81, name="Ada Holm"))

    assert await contacts.types() == ["party.registered", "party.described", "sale.completed", "lifecycle.changed"]
    registered, described, sold, changed = [event.data for event in await contacts.relayed()]
    assert described.name == "Ada Holm"
    assert [(known.type, known.value, known.system) for known in described.identities] == [
        ("email", "ada@example.com", None),
        ("external", "81", "shop"),
    ]
    assert sold.party_id == registered.party_id == described.party_id == changed.party_id
    assert (sold.origin, sold.sale_id, sold.party_version) == ("/shop", "s-1", described.version)
    assert sold.identity_used.type == "external"
    assert sold.recorded_at == NOW


async def test_the_first_known_identity_decides_and_unknown_ones_join_it(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    await contacts.accept(sale("s-2", PHONE, ADA))
    await contacts.accept(sale("s-3", {"type": "phone", "value": "+45 20123456"}))

    sold = await contacts.of_type("sale.completed")
    assert len({data.party_id for data in sold}) == 1
    assert [data.identity_used.type for data in sold] == ["email", "email", "phone"]
    assert [data.version for data in await contacts.of_type("party.described")] == [1, 2]
    assert [data.fields for data in await contacts.of_type("party.updated")] == [["identities"]]


async def test_external_ids_belong_to_the_sender_unless_it_names_a_system(contacts: Contacts) -> None:
    own = {"type": "external", "value": "81"}
    await contacts.accept(sale("s-1", own, source="/shop"), sale("s-2", own, source="/fair"), sale("s-3", SHOP_81))
    assert await contacts.rows("select count(*) as parties from party") == [{"parties": 3}]


async def test_two_senders_of_one_new_customer_make_one_party(contacts: Contacts) -> None:
    """Many transactions at once, each with other identities of the same few people."""
    people = [
        (
            {"type": "email", "value": f"p{number}@example.com"},
            {"type": "external", "value": str(number), "system": "x"},
        )
        for number in range(1, 11)
    ]
    batches = [
        [sale(f"{sender}-{number}", *person, source=f"/s{sender}") for number, person in enumerate(people)]
        for sender in range(6)
    ]
    await asyncio.gather(*(contacts.accept(*batch) for batch in batches))
    assert await contacts.rows("select count(*) as parties from party") == [{"parties": 10}]
    assert await contacts.rows("select count(*) as homes from identity") == [{"homes": 20}]
    assert await contacts.rows("select 1 from identity where party_id not in (select id from party)") == []
    assert len(await contacts.of_type("party.registered")) == 10
    assert len(await contacts.of_type("sale.completed")) == 60
    described = await contacts.of_type("party.described")
    assert {data.version for data in described} == {1}


async def test_one_of_two_writers_of_overlapping_identities_joins_the_party_of_the_other(contacts: Contacts) -> None:
    """The second waits for the first, and gives its own unknown identity to the party that it then finds."""
    async with contacts.pool.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        party_id = UUID(int=7)
        await other.execute(
            "insert into party (id, partition, version, registered_at) values ($1, $2, 1, now())",
            party_id,
            partition_of(str(party_id)),
        )
        await other.execute(
            "insert into identity values ('00000000-0000-0000-0000-000000000001', 'email', '', 'ada@example.com', $1)",
            party_id,
        )
        waiting = asyncio.create_task(contacts.accept(sale("s-1", SHOP_81, ADA, PHONE)))
        while not await contacts.pool.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.01)
        await transaction.commit()
        await waiting
    assert await contacts.rows("select distinct party_id from identity") == [{"party_id": party_id}]
    assert await contacts.rows("select count(*) as homes from identity") == [{"homes": 3}]
    assert await contacts.types() == [
        "party.updated", "party.described", "completeness.changed", "sale.completed", "lifecycle.changed"
    ]  # fmt: skip


async def test_the_later_profile_wins_whenever_it_comes_and_facts_only_fill_gaps(contacts: Contacts) -> None:
    def profile(name: str, hours: int, **more: Any) -> Event[Any]:
        return reported(
            "profile.submitted", at=NOW + timedelta(hours=hours), party={"identities": [ADA], "name": name, **more}
        )

    await contacts.accept(sale("s-1", ADA, name="From a sale", kind="person"))
    await contacts.accept(profile("Newest", 3))
    await contacts.accept(profile("Older", 1, kind="organisation", roles=["supplier"]), sale("s-2", ADA, name="Other"))
    await contacts.accept(profile("Newest", 4))

    assert await contacts.rows("select name, kind, roles, version from party") == [
        {"name": "Newest", "kind": "organisation", "roles": ["supplier"], "version": 3}
    ]
    assert [data.fields for data in await contacts.of_type("party.updated")] == [["name"], ["kind", "roles"]]


BO = {"type": "email", "value": "bo@example.com"}
SHOP_82 = {"type": "external", "system": "shop", "value": "82"}


async def described(contacts: Contacts) -> dict[UUID, Any]:
    """The last description of each party."""
    return {data.party_id: data for data in await contacts.of_type("party.described")}


async def test_two_customers_of_one_shop_who_share_a_phone_are_two(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", SHOP_81, ADA, PHONE, name="Ada"))
    await contacts.accept(sale("s-2", SHOP_82, PHONE, name="Bo"))
    await contacts.accept(sale("s-3", PHONE), sale("s-4", SHOP_82, PHONE))

    ada, bo, by_phone, again = [data.party_id for data in await contacts.of_type("sale.completed")]
    assert ada == by_phone != bo == again
    known = await described(contacts)
    assert (known[ada].name, known[bo].name) == ("Ada", "Bo")
    assert [(each.type, each.shared) for each in known[bo].identities] == [("external", False), ("phone", True)]
    first, second = await contacts.of_type("duplicate.suspected")
    assert (first.reason, {first.party_id, second.party_id}) == ("shared_phone", {ada, bo})


async def test_what_is_shared_finds_only_its_home(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", SHOP_81, PHONE), sale("s-2", SHOP_82, PHONE))
    ada, bo = [data.party_id for data in await contacts.of_type("sale.completed")]
    found = (await http.get("/v1/parties", params={"q": PHONE["value"]})).json()["items"]
    assert [party["id"] for party in found] == [str(ada)]
    view = (await http.get(f"/v1/parties/{bo}")).json()
    assert [(each["type"], each["shared"], each["primary"]) for each in view["identities"]] == [
        ("external", False, False),
        ("phone", True, False),
    ]


async def test_a_withdrawal_that_names_an_address_reaches_everybody_who_carries_it(contacts: Contacts) -> None:
    def said(verb: str, *identities: dict[str, str], **more: Any) -> Event[Any]:
        party = {"identities": list(identities)}
        return reported(f"consent.{verb}", party=party, purpose="marketing", channel="sms", **more)

    await contacts.accept(sale("s-1", SHOP_81, PHONE), sale("s-2", SHOP_82, PHONE))
    await contacts.accept(said("given", SHOP_81, PHONE))
    await contacts.accept(said("withdrawn", PHONE, evidence="she said so"))
    await contacts.accept(said("withdrawn", SHOP_82))

    ada, bo = [data.party_id for data in await contacts.of_type("sale.completed")]
    assert [data.party_id for data in await contacts.of_type("consent.given")] == [ada]
    withdrawn = await contacts.of_type("consent.withdrawn")
    assert [(data.party_id, data.has_evidence) for data in withdrawn] == [(ada, True), (bo, False), (bo, False)]
    ids = [event.id for event in await contacts.relayed() if event.type == "crm.consent.withdrawn.v1"]
    assert len(set(ids)) == 3


async def test_a_party_id_learnt_from_us_names_the_party(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", SHOP_81))
    [ada] = [data.party_id for data in await contacts.of_type("sale.completed")]
    await contacts.accept(sale("s-2", {"type": "party", "value": str(ada)}, SHOP_82))
    assert [data.party_id for data in await contacts.of_type("sale.completed")] == [ada, ada]
    with pytest.raises(NoIdentity):
        await contacts.accept(sale("s-3", {"type": "party", "value": str(uuid4())}))


async def test_two_senders_who_give_a_party_another_number_at_once_make_two_of_one(contacts: Contacts) -> None:
    await contacts.accept(sale("s-0", ADA))
    numbers = [{"type": "external", "system": "shop", "value": str(number)} for number in range(1, 9)]
    await asyncio.gather(*(contacts.accept(sale(f"s-{each['value']}", each, ADA)) for each in numbers))
    homes = await contacts.rows("select party_id, count(*) as ids from identity where type = 'external' group by 1")
    assert [row["ids"] for row in homes] == [1] * 8
    assert len(await contacts.of_type("sale.completed")) == 9


async def test_the_address_used_last_is_written_to(contacts: Contacts) -> None:
    def primary(known: Any) -> list[str]:
        return [each.value for each in known.identities if each.primary]

    day = timedelta(days=1)
    await contacts.accept(sale("s-1", SHOP_81, ADA))
    await contacts.accept(sale("s-2", SHOP_81, BO, at=NOW + day))
    [known] = (await described(contacts)).values()
    assert primary(known) == ["bo@example.com"]
    await contacts.accept(sale("s-3", SHOP_81, ADA, at=NOW + 3 * day))
    await contacts.accept(sale("s-4", SHOP_81, BO, at=NOW + 2 * day))
    [known] = (await described(contacts)).values()
    assert (primary(known), known.version) == (["ada@example.com"], 3)
    sold = (await contacts.of_type("sale.completed"))[-2]
    assert sold.party_version == 3
    await contacts.accept(
        reported("profile.submitted", party={"identities": [SHOP_81, {**BO, "primary": True}]}, at=NOW)
    )
    await contacts.accept(sale("s-5", SHOP_81, ADA, at=NOW + 9 * day))
    [known] = (await described(contacts)).values()
    assert primary(known) == ["bo@example.com"]


async def test_what_people_write_is_written_to(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada", "identities": [SHOP_81, ADA]})).json()
    url = f"/v1/parties/{made['id']}"
    added = (await http.patch(url, json={"identities": [BO]})).json()
    assert [each["value"] for each in added["identities"] if each["primary"]] == ["bo@example.com"]
    back = (await http.patch(url, json={"identities": [{**ADA, "primary": True}]})).json()
    assert [each["value"] for each in back["identities"] if each["primary"]] == ["ada@example.com"]
    second = await http.patch(url, json={"identities": [SHOP_82]})
    assert (second.status_code, second.json()["errors"][0]["field"]) == (422, "body.identities")
    shared = await http.post("/v1/parties", json={"name": "Bo", "identities": [SHOP_82, ADA]})
    assert (shared.status_code, shared.json()["state"]["id"]) == (409, made["id"])

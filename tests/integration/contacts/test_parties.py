"""Facts find or found the parties that they name."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.engine.event import Event
from shared.engine.partitions import partition_of
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
        for number in range(10)
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
    assert await contacts.types() == ["party.updated", "party.described", "sale.completed", "lifecycle.changed"]


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

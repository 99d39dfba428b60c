"""Facts from outside find their party and are published under its key."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.errors import BadRecord, Conflict, NoIdentity
from tests.integration.contacts.running import NOW, Contacts, reported

ADA = {"type": "email", "value": " Ada@Example.com"}
SHOP_81 = {"type": "external", "system": "shop", "value": "81"}
PHONE = {"type": "phone", "value": "20 12 34 56"}


def sale(sale_id: str, *identities: dict[str, str], at: Any = NOW, minor: int = 12_995, **more: Any) -> Event[Any]:
    source = more.pop("source", "/shop")
    price = {"minor": minor, "currency": "DKK"}
    return reported(
        "sale.completed",
        at=at,
        source=source,
        party={"identities": list(identities), **more},
        sale_id=sale_id,
        channel="web",
        total=price,
        lines=[{"sku": "A-17", "quantity": 1, "unit_price": price}],
    )


async def types(contacts: Contacts) -> list[str]:
    return [event.type.removeprefix("crm.").removesuffix(".v1") for event in await contacts.relayed()]


async def of_type(contacts: Contacts, type_: str) -> list[Any]:
    return [event.data for event in await contacts.relayed() if event.type == f"crm.{type_}.v1"]


async def test_a_sale_of_somebody_new_registers_and_describes_the_party_before_the_sale(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA, SHOP_81, name="Ada Holm"))

    assert await types(contacts) == ["party.registered", "party.described", "sale.completed", "lifecycle.changed"]
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


async def test_a_sale_of_a_known_party_is_one_record(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA, SHOP_81, name="Ada Holm"))
    await contacts.pool.execute("delete from outbox")

    await contacts.accept(sale("s-2", ADA, SHOP_81, name="A. Holm", at=NOW + timedelta(hours=1)))

    assert await types(contacts) == ["sale.completed"]


async def test_the_first_known_identity_decides_and_unknown_ones_join_it(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    await contacts.accept(sale("s-2", PHONE, ADA))
    await contacts.accept(sale("s-3", {"type": "phone", "value": "+45 20123456"}))

    sold = await of_type(contacts, "sale.completed")
    assert len({data.party_id for data in sold}) == 1
    assert [data.identity_used.type for data in sold] == ["email", "email", "phone"]
    assert [data.version for data in await of_type(contacts, "party.described")] == [1, 2]
    assert [data.fields for data in await of_type(contacts, "party.updated")] == [["identities"]]


async def test_external_ids_belong_to_the_sender_unless_it_names_a_system(contacts: Contacts) -> None:
    own = {"type": "external", "value": "81"}
    await contacts.accept(sale("s-1", own, source="/shop"), sale("s-2", own, source="/fair"), sale("s-3", SHOP_81))
    assert await contacts.rows("select count(*) as parties from party") == [{"parties": 3}]


async def test_identities_of_two_parties_raise_one_suspicion_for_ever(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-2", SHOP_81))
    await contacts.accept(sale("s-3", ADA, SHOP_81), sale("s-4", ADA, SHOP_81))
    await contacts.accept(sale("s-5", SHOP_81, ADA))

    first, second = await of_type(contacts, "duplicate.suspected")
    assert first.other_party_ids == [second.party_id]
    assert second.other_party_ids == [first.party_id]
    by_shop = (await of_type(contacts, "sale.completed"))[1].party_id
    assert {data.party_id for data in (await of_type(contacts, "sale.completed"))[2:]} == {by_shop}


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
    assert len(await of_type(contacts, "party.registered")) == 10
    assert len(await of_type(contacts, "sale.completed")) == 60
    described = await of_type(contacts, "party.described")
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
    assert await types(contacts) == ["party.updated", "party.described", "sale.completed", "lifecycle.changed"]


async def test_the_same_sale_again_is_counted_and_not_published(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-1", ADA))
    await contacts.accept(sale("s-1", ADA, at=NOW + timedelta(hours=1)))
    await contacts.accept(sale("s-1", ADA, source="/other"))
    assert [data.origin for data in await of_type(contacts, "sale.completed")] == ["/shop", "/other"]


async def test_the_same_sale_with_other_content_is_a_conflict(contacts: Contacts) -> None:
    first, second = sale("s-1", ADA), sale("s-1", ADA, minor=1)
    with pytest.raises(Conflict, match="has just sent"):
        await contacts.accept(first, second)
    await contacts.accept(first)
    with pytest.raises(Conflict, match="stands for"):
        await contacts.accept(second)


async def test_the_same_sale_for_somebody_else_is_a_conflict(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    with pytest.raises(Conflict):
        await contacts.accept(sale("s-1", SHOP_81))


async def test_a_refund_may_come_before_its_sale_and_opens_no_stage(contacts: Contacts) -> None:
    party = {"identities": [ADA]}
    await contacts.accept(reported("sale.refunded", party=party, sale_id="s-1", total={"minor": 5, "currency": "DKK"}))
    assert await types(contacts) == ["party.registered", "party.described", "sale.refunded"]


@pytest.mark.parametrize(
    ("identities", "refusal"), [([], NoIdentity), ([{"type": "email", "value": "n/a"}], NoIdentity)]
)
async def test_nobody_is_parked(contacts: Contacts, identities: list[dict[str, str]], refusal: type[BadRecord]) -> None:
    with pytest.raises(refusal) as caught:
        await contacts.accept(sale("s-1", *identities))
    assert caught.value.reason == "no_identity"


async def test_texts_stay_here_and_the_events_say_that_there_is_one(contacts: Contacts) -> None:
    party: dict[str, Any] = {"identities": [ADA]}
    consent: dict[str, Any] = {"party": party, "purpose": "marketing", "channel": "email", "evidence": "ticked the box"}
    await contacts.accept(
        reported("interaction.recorded", party=party, channel="phone", direction="inbound", summary="likes tea"),
        reported("survey.answered", party=party, survey="csat", value=6, text="fine"),
        reported("consent.given", **consent),
        reported("consent.withdrawn", **{**consent, "evidence": None}),
        reported("support.requested", party=party, channel="email", subject="Help", body="It broke"),
        reported("product.chosen", party=party, sku="A-17", channel="web", intent="viewed"),
    )
    assert (await types(contacts))[2:8] == [
        "interaction.recorded",
        "survey.answered",
        "consent.given",
        "consent.withdrawn",
        "support.requested",
        "product.chosen",
    ]
    events = {event.type: event for event in await contacts.relayed()}
    kept = await contacts.rows("select event_id::text, kind, body from fact_text order by event_id")
    assert kept == [
        {"event_id": events["crm.interaction.recorded.v1"].id, "kind": "summary", "body": "likes tea"},
        {"event_id": events["crm.survey.answered.v1"].id, "kind": "answer", "body": "fine"},
        {"event_id": events["crm.consent.given.v1"].id, "kind": "evidence", "body": "ticked the box"},
    ]
    assert events["crm.consent.given.v1"].data.has_evidence
    assert not events["crm.consent.withdrawn.v1"].data.has_evidence
    assert events["crm.support.requested.v1"].data.body == "It broke"


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
    assert [data.fields for data in await of_type(contacts, "party.updated")] == [["name"], ["kind", "roles"]]


async def test_late_facts_move_the_stages_to_earlier_entries(contacts: Contacts) -> None:
    def ask(hours: int) -> Event[Any]:
        return reported(
            "support.requested",
            at=NOW + timedelta(hours=hours),
            party={"identities": [ADA]},
            channel="email",
            subject="Help",
        )

    await contacts.accept(sale("s-5", ADA, at=NOW + timedelta(hours=5)), ask(9))
    await contacts.accept(ask(3))
    await contacts.accept(sale("s-1", ADA, at=NOW + timedelta(hours=1)))

    moves = [(data.stage, data.entered_at - NOW, data.current) for data in await of_type(contacts, "lifecycle.changed")]
    hour = timedelta(hours=1)
    assert moves == [
        ("discovery", 9 * hour, "post_purchase"),
        ("purchase", 5 * hour, "post_purchase"),
        ("post_purchase", 9 * hour, "post_purchase"),
        ("discovery", 3 * hour, "post_purchase"),
        ("purchase", 1 * hour, "post_purchase"),
        ("post_purchase", 3 * hour, "post_purchase"),
    ]
    published = {event.id: event.type for event in await contacts.relayed()}
    causes = [published[data.cause_event_id] for data in await of_type(contacts, "lifecycle.changed")]
    assert causes[1] == causes[4] == "crm.sale.completed.v1"
    assert causes[2] == causes[5] == "crm.support.requested.v1"


async def test_a_profile_opens_discovery_with_the_change_that_it_made(contacts: Contacts) -> None:
    await contacts.accept(reported("profile.submitted", party={"identities": [ADA], "name": "Ada"}))
    registered, _, changed = await contacts.relayed()
    assert (changed.data.stage, changed.data.cause_event_id) == ("discovery", registered.id)

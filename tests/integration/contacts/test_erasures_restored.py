"""Erasures that were approved after a backup, once that is put back: as if they had never been in doubt."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.contacts.privacy.commands import DIGESTS, TOMBSTONES
from services.contacts.subscriptions import recovery
from shared.engine.event import Event, Tombstone
from shared.events.campaigns import ErasureConfirmed as OfCampaigns
from shared.events.erased import ErasureRequested, PartyErased
from shared.events.erasure import counted
from tests.integration.contacts.running import ADA, NOW, SHOP_81, TABLES, Contacts, heard, reported, sale
from tests.integration.contacts.test_erasures import BORN, SHOP_82, ada, ask, decide, erased, everything, merged

HOUR = timedelta(hours=1)
KEPT = (*TABLES, "erasure_key")
NAMES = ("Ada", "'ada'", "holm", "ada@", "20123456", "Bo", BORN)


async def back_up(contacts: Contacts) -> None:
    await contacts.pool.execute("drop schema if exists backup cascade; create schema backup")
    for table in KEPT:
        await contacts.pool.execute(f"create table backup.{table} as table {table}")


async def restore(contacts: Contacts, told: Sequence[Event[Any]], *, seed: int = 0) -> None:
    """The backup, brought up to what the topics tell: partition by partition, in whatever order these come."""
    await contacts.pool.execute("delete from outbox; delete from idempotency; delete from erasure_confirmation")
    for table in KEPT:
        await contacts.pool.execute(f"delete from {table}; insert into {table} table backup.{table}")
    async with contacts.ledger.transaction() as tx:
        for topic, handler in recovery.subscription.topics.items():
            partitions = sorted({event.partition for event in told if event.topic == topic})
            random.Random(seed).shuffle(partitions)
            for partition in partitions:
                read = [each for each in told if (each.topic, each.partition) == (topic, partition)]
                if batch := [event for event in read if event.type in handler.contracts]:
                    await handler.handle(batch, tx)
        for end in recovery.endings:
            await end(tx)
    await contacts.pool.execute("delete from outbox")


def descriptions(events: Sequence[Event[Any]]) -> list[Event[Any]]:
    """What compaction takes away of erased parties within a day or two, null values included."""
    return [event for event in events if event.topic == "crm.parties"]


def hers() -> list[Event[Any]]:
    """Facts of Ada that come again after a restore, ids and all."""
    party = {"identities": [SHOP_81, ADA], "name": "Ada Holm", "birth_date": BORN}
    facts = [
        sale("s-1", SHOP_81, ADA, at=NOW - 9 * HOUR, name="Ada Holm"),
        reported("profile.submitted", at=NOW - 8 * HOUR, party=party),
        reported("interaction.recorded", at=NOW - HOUR, party=party, channel="phone", direction="inbound",
                 summary="Her dog is Bo"),
        reported("consent.withdrawn", at=NOW - HOUR, party=party, purpose="marketing", channel="email"),
    ]  # fmt: skip
    came_at = int(NOW.timestamp() * 1000)
    return [replace(fact, id=f"f-{place}", timestamp=came_at) for place, fact in enumerate(facts)]


async def test_what_was_approved_since_is_approved_and_has_its_certificate(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    asked = await ask(http, party_id)
    await back_up(contacts)
    await contacts.pool.execute("delete from outbox")
    done = (await decide(http, asked)).json()
    assert done["because"] == ""
    told = await contacts.relayed()
    for _ in range(2):  # a recovery may be begun again
        await restore(contacts, told)

    said = OfCampaigns(party_id=party_id, forgotten=counted({"party": 1}), recorded_at=NOW)
    await contacts.show([heard(said, source="/marketing")])
    shown = (await http.get(f"/v1/erasures/{done['id']}")).json()
    assert {name: value for name, value in shown.items() if name not in {"confirmations", "waiting_for"}} == {
        name: value for name, value in done.items() if name not in {"confirmations", "waiting_for"}
    }
    assert (shown["decided_by"], shown["found"]["identity"], shown["lost"]) == ("staff-2", 3, [])
    assert [each["service"] for each in shown["confirmations"]] == ["marketing"]
    again = await decide(http, asked)
    assert (again.status_code, again.json()["state"]["state"]) == (409, "approved")
    kept = await everything(contacts)
    for word in (*NAMES, "she asked us to"):
        assert word not in kept, word
    timers = await contacts.rows(
        "select name, due_at - $1 as after from timer where id = $2 order by name", NOW, done["id"]
    )
    assert timers == [
        {"name": DIGESTS, "after": timedelta(days=30)},
        {"name": TOMBSTONES, "after": timedelta(hours=25)},
    ]


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("compacted", [False, True])
async def test_facts_that_come_again_do_not_bring_back_whom_the_backup_does_not_know(
    contacts: Contacts, http: httpx.AsyncClient, compacted: bool, one_by_one: bool
) -> None:
    """Nor where no topic tells any more by what she was known."""
    await back_up(contacts)
    await contacts.accept(*hers())
    party_id = (await contacts.of_type("sale.completed"))[0].party_id
    before = {event.id for event in await contacts.relayed()}
    contacts.now = NOW + HOUR
    done = await erased(http, party_id)
    told = await contacts.relayed()
    gone = {event.id for event in descriptions(told)} if compacted else set()
    await restore(contacts, [event for event in told if event.id not in gone])
    assert (await http.get(f"/v1/parties/{party_id}")).status_code == 410

    if one_by_one:
        for fact in hers():
            await contacts.accept(fact)
    else:
        await contacts.accept(*hers())
    events = await contacts.relayed()
    assert descriptions(events) == []
    assert {event.id for event in events} <= before
    assert {event.data.party_id for event in events} == {party_id}
    kept = await everything(contacts)
    for word in NAMES:
        assert word not in kept, word
    shown = (await http.get(f"/v1/erasures/{done['id']}")).json()
    assert (shown["state"], set(shown["left"].values())) == ("approved", {0})
    assert (shown["requested_by"], shown["decided_by"]) == ("staff-1", "staff-2")

    await contacts.accept(sale("s-2", SHOP_81, ADA, at=NOW + 2 * HOUR, name="Ada Holm"))
    assert (await contacts.of_type("sale.completed"))[-1].party_id != party_id


async def test_what_no_topic_tells_is_named(contacts: Contacts, http: httpx.AsyncClient) -> None:
    """As events of a former version tell it."""
    party_id = await ada(contacts)
    await back_up(contacts)
    done = await erased(http, party_id)
    told = await contacts.relayed()
    former = [
        replace(event, data=PartyErased(party_id=party_id, party_version=1, erasure_id=done["id"], recorded_at=NOW))
        if isinstance(event.data, PartyErased)
        else event
        for event in told
        if not isinstance(event.data, ErasureRequested)
    ]
    await restore(contacts, former)
    shown = (await http.get(f"/v1/erasures/{done['id']}")).json()
    assert shown["lost"] == ["requested_by", "requested_at", "decided_by", "found"]
    assert (shown["state"], shown["decided_by"], shown["found"], shown["party_ids"]) == (
        "approved", None, {}, [str(party_id)]
    )  # fmt: skip
    assert shown["decided_at"] == done["decided_at"]


@pytest.mark.parametrize("seed", range(3))
async def test_whoever_was_separated_before_the_erasure_lives(
    contacts: Contacts, http: httpx.AsyncClient, seed: int
) -> None:
    """In the backup she goes on as the one who was erased since; partitions are read in any order."""
    party_id = await ada(contacts)
    other = (await http.post("/v1/parties", json={"identities": [SHOP_82], "name": "Kim"})).json()["id"]
    undo = await merged(http, other, party_id)
    await back_up(contacts)
    await contacts.pool.execute("delete from outbox")
    contacts.now += HOUR
    assert (await http.post(undo, json={"because": "two"})).status_code == 200
    contacts.now += HOUR
    await erased(http, other)
    await restore(contacts, await contacts.relayed(), seed=seed)
    assert (await http.get(f"/v1/parties/{party_id}")).json()["name"] == "Ada Holm"
    assert (await http.get(f"/v1/parties/{other}")).status_code == 410
    assert "Kim" not in await everything(contacts)


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_came_again_after_the_erasure_keeps_the_identities(
    contacts: Contacts, http: httpx.AsyncClient, seed: int
) -> None:
    party_id = await ada(contacts)
    await back_up(contacts)
    await contacts.pool.execute("delete from outbox")
    contacts.now = NOW + HOUR
    await erased(http, party_id)
    await contacts.accept(replace(sale("s-7", SHOP_81, ADA, at=NOW + 2 * HOUR, name="Ida"), now=NOW + 2 * HOUR))
    told = await contacts.relayed()
    new = next(event.data.party_id for event in told if event.type == "crm.sale.completed.v1")
    assert new != party_id
    await restore(contacts, told, seed=seed)
    assert {row["party_id"] for row in await contacts.rows("select party_id from identity")} == {new}
    await contacts.accept(sale("s-8", SHOP_81, at=NOW + 3 * HOUR), sale("s-9", SHOP_81, at=NOW - HOUR))
    assert {data.party_id for data in await contacts.of_type("sale.completed")} == {new}
    amended = reported(
        "sale.cancelled", at=NOW + 3 * HOUR, party={"identities": [SHOP_81]}, sale_id="s-1", revision=2, reason="late"
    )
    await contacts.accept(amended)
    assert (await contacts.of_type("sale.cancelled"))[-1].party_id == party_id


async def test_those_who_were_merged_into_her_are_erased_with_her(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    other = (await http.post("/v1/parties", json={"identities": [SHOP_82], "name": "Adam Holm"})).json()["id"]
    await back_up(contacts)
    await contacts.pool.execute("delete from outbox")
    contacts.now = NOW + HOUR
    await merged(http, party_id, other)
    done = await erased(http, party_id)
    told = await contacts.relayed()
    assert len([event for event in told if isinstance(event.data, Tombstone)]) == 2
    for seed in range(4):
        await restore(contacts, told, seed=seed)
        shown = (await http.get(f"/v1/erasures/{done['id']}")).json()
        assert (shown["party_id"], shown["party_ids"]) == (done["party_id"], done["party_ids"])
        kept = await everything(contacts)
        for word in (*NAMES, "the same person"):
            assert word not in kept, word


async def shown(http: httpx.AsyncClient, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/v1/erasures/{asked['id']}")).json()
    return found


async def test_what_was_asked_for_since_waits_again_and_what_was_declined_is_declined(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    before = await ask(http, party_id, ground="objection")
    await back_up(contacts)
    declined = (await decide(http, before, "decline", exemption="legal_claims")).json()
    second = await ask(http, party_id, ground="unlawful")
    also = (await decide(http, second, "decline", exemption="archiving")).json()
    third = await ask(http, party_id, ground="consent_withdrawn")
    waiting = third.json()
    told = await contacts.relayed()
    for word in (*NAMES, "she asked us to"):
        assert word not in str([each.data for each in told if each.topic == "crm.contacts"]), word
    for seed in range(2):  # a recovery may be begun again
        await restore(contacts, told, seed=seed)

    assert await shown(http, declined) == declined
    assert declined["because"]
    assert await shown(http, also) == also | {"because": "", "lost": ["because"]}
    assert await shown(http, waiting) == waiting | {"because": "", "lost": ["because"]}
    again = await http.post("/v1/erasures", json={"party_id": str(party_id), "because": "again", "by": "staff-1"})
    assert (again.status_code, again.json()["state"]["id"]) == (409, waiting["id"])
    refused = await decide(http, second, "decline")
    assert (refused.status_code, refused.json()["state"]["state"]) == (409, "declined")
    done = (await decide(http, third)).json()
    assert (done["state"], done["requested_by"], done["lost"]) == ("approved", waiting["requested_by"], [])
    assert done["ground"] == "consent_withdrawn"


async def test_an_approval_holds_in_whatever_order_its_events_are_read(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    await back_up(contacts)
    done = (await decide(http, await ask(http, party_id, ground="objection"))).json()
    told = [event for event in await contacts.relayed() if event.topic == "crm.contacts"]
    await restore(contacts, told[::-1])
    assert (await shown(http, done))["state"] == "approved"
    assert (await shown(http, done))["lost"] == []
    assert (await shown(http, done))["ground"] == "objection"


async def test_one_whose_end_nobody_told_goes_on_waiting_for_its_party(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """As a former version declined it, which told nothing of that."""
    party_id = await ada(contacts)
    before = await ask(http, party_id)
    await back_up(contacts)
    await decide(http, before, "decline")
    await ask(http, party_id)
    told = [event for event in await contacts.relayed() if event.type != "crm.erasure.declined.v1"]
    await restore(contacts, told)
    listed = (await http.get("/v1/erasures")).json()["items"]
    assert [(each["id"], each["state"]) for each in listed] == [(before.json()["id"], "requested")]

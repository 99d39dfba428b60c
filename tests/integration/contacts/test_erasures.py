"""Erasures: by two people, of everything that says who somebody is, proved, and not undone by older facts."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contacts.parties.domain.identity import Claim, Reading
from services.contacts.policy import read_policy
from services.contacts.privacy.commands import DIGESTS, TOMBSTONES
from services.contacts.privacy.domain import claims_in
from services.contacts.subscriptions import ingest, recovery
from shared.engine.event import Event, Tombstone
from shared.engine.postgres import is_infrastructure
from shared.engine.timers import fire_due
from shared.events.campaigns import ErasureConfirmed as OfCampaigns
from shared.events.erasure import counted
from shared.events.insights import ErasureConfirmed as OfInsights
from shared.events.tickets import ErasureConfirmed as OfTickets
from tests.events import decoded
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, heard, reported, sale

HOUR = timedelta(hours=1)
SERVICES = Path(__file__).parents[3] / "services"
SHOP_82 = {"type": "external", "system": "shop", "value": "82"}
WRONG = {"type": "phone", "value": "112"}


async def ask(http: httpx.AsyncClient, party_id: object, by: str = "staff-1", **also: str) -> httpx.Response:
    body = {"party_id": str(party_id), "because": "she asked us to", "by": by, **also}
    return await http.post("/v1/erasures", json=body)


async def decide(
    http: httpx.AsyncClient, asked: httpx.Response, word: str = "approve", by: str = "staff-2", **also: str
) -> Any:
    return await http.post(f"/v1/erasures/{asked.json()['id']}/{word}", json={"by": by, **also})


async def erased(http: httpx.AsyncClient, party_id: object) -> dict[str, Any]:
    answer = await decide(http, await ask(http, party_id))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def ada(contacts: Contacts) -> UUID:
    """Known by everything, with texts, consent and sales."""
    party = {"identities": [SHOP_81, ADA, PHONE, WRONG], "name": "Ada Holm", "birth_date": BORN}
    await contacts.accept(
        sale("s-1", SHOP_81, ADA, PHONE, at=NOW - 9 * HOUR, name="Ada Holm"),
        reported("profile.submitted", at=NOW - 8 * HOUR, party=party),
        reported("consent.given", at=NOW - HOUR, party=party, purpose="marketing", channel="email", evidence="ticked"),
        reported("interaction.recorded", party=party, channel="phone", direction="inbound", summary="Her dog is Bo"),
    )
    party_id: UUID = (await contacts.of_type("sale.completed"))[0].party_id
    return party_id


BORN = "1990-04-17"
"""The year alone may stand in any id, and in any time of a migration."""


async def everything(contacts: Contacts) -> str:
    """All rows of all tables but the outbox, as text."""
    tables = await contacts.rows(
        "select schemaname || '.' || tablename as name from pg_tables"
        " where schemaname in ('public', 'timeline_v1') and tablename <> 'outbox'"
    )
    return "".join([str(await contacts.rows(f"select * from {table['name']}")) for table in tables])


async def test_two_people_erase_and_what_says_who_she_is_is_gone(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    await contacts.show_published()
    view = (await http.get(f"/v1/parties/{party_id}")).json()

    asked = await ask(http, party_id)
    assert (asked.status_code, asked.json()["state"], asked.json()["found"]) == (201, "requested", {})
    again = await ask(http, party_id, by="staff-3")
    assert (again.status_code, again.json()["state"]["id"]) == (409, asked.json()["id"])
    alone = await decide(http, asked, by="staff-1")
    assert (alone.status_code, alone.json()["type"]) == (409, "urn:rapport:problem:same_person")
    assert (await http.get(f"/v1/parties/{party_id}")).json() == view
    await contacts.pool.execute("delete from outbox")
    before = await everything(contacts)
    assert [word for word in (BORN, "'112'") if word not in before] == []

    done = await decide(http, asked)
    assert done.status_code == 200
    assert done.json()["found"] == {
        "party": 1, "identity": 3, "shared_identity": 0, "flagged_identity": 1, "party_revision": 1, "fact_text": 2,
        "waiting_revision": 0, "party_merge": 0, "identity_move": 0, "searched_party": 1, "idempotency": 0,
    }  # fmt: skip
    assert set(done.json()["left"].values()) == {0}
    rows = await contacts.pool.fetch("select topic, type, key, payload is null as null from outbox order by id")
    assert [(row["topic"], row["type"], row["key"], row["null"]) for row in rows] == [
        ("crm.contacts", "crm.party.erased.v1", str(party_id), False),
        ("crm.parties", "crm.party.described.v1", str(party_id), True),
    ]
    kept = await everything(contacts)
    for word in ("Ada", "'ada'", "holm", "ada@", "20123456", "Bo", "ticked", BORN, "'112'"):
        assert word not in kept, word

    gone = await http.get(f"/v1/parties/{party_id}")
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:rapport:problem:erased")
    assert (await http.get("/v1/parties")).json()["items"] == []
    lines = await http.get(f"/v1/parties/{party_id}/timeline")
    assert len(lines.json()["items"]) == len(view["timeline"])
    assert await contacts.pool.fetchval("select paid from total where party_id = $1", party_id) == 12_995
    for response in (await decide(http, asked), await ask(http, party_id)):
        assert response.status_code in {409, 410}
    refused = await http.patch(f"/v1/parties/{party_id}", json={"name": "Ada"})
    assert refused.status_code == 404


async def test_a_declined_erasure_erases_nothing(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    asked = await ask(http, party_id)
    assert (await decide(http, asked, "decline")).json()["state"] == "declined"
    late = await decide(http, asked)
    assert (late.status_code, late.json()["state"]["decided_by"]) == (409, "staff-2")
    assert (await http.get(f"/v1/parties/{party_id}")).json()["name"] == "Ada Holm"
    assert (await ask(http, UUID(int=7))).status_code == 404


async def test_a_ground_is_told_and_stays_in_the_certificate(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    unknown = await ask(http, party_id, ground="because")
    assert (unknown.status_code, [each["field"] for each in unknown.json()["errors"]]) == (422, ["body.ground"])
    unstated = await ask(http, party_id)
    assert (unstated.json()["ground"], unstated.json()["exemption"]) == (None, None)
    await decide(http, unstated, "decline")
    done = await decide(http, await ask(http, party_id, ground="consent_withdrawn"))
    assert (done.json()["ground"], done.json()["because"]) == ("consent_withdrawn", "")
    asked = [told.ground for told in await contacts.of_type("erasure.requested")]
    assert asked == [None, "consent_withdrawn"]
    assert [told.ground for told in await contacts.of_type("party.erased")] == ["consent_withdrawn"]


async def test_another_person_refuses_a_request_by_an_exemption(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    asked = await ask(http, party_id, ground="objection")
    unknown = await decide(http, asked, "decline", exemption="because")
    assert unknown.status_code == 422
    alone = await decide(http, asked, "decline", by="staff-1", exemption="legal_claims")
    assert (alone.status_code, alone.json()["type"]) == (409, "urn:rapport:problem:same_person")
    refused = (await decide(http, asked, "decline", exemption="legal_claims")).json()
    assert [refused[name] for name in ("state", "ground", "exemption")] == ["declined", "objection", "legal_claims"]
    (told,) = await contacts.of_type("erasure.declined")
    assert (told.ground, told.exemption, told.declined_by) == ("objection", "legal_claims", "staff-2")
    assert (await http.get(f"/v1/parties/{party_id}")).json()["name"] == "Ada Holm"

    own = await decide(http, await ask(http, party_id), "decline", by="staff-1")
    assert (own.json()["state"], own.json()["exemption"]) == ("declined", None)


OLDER = {
    "a sale": lambda: sale("s-2", SHOP_81, at=NOW - HOUR, name="Ada Holm"),
    "a sale by another of her identities": lambda: sale("s-2", ADA, PHONE, at=NOW - HOUR, name="Ada Holm"),
    "a sale with an identity that nobody had": lambda: sale("s-2", ADA, {"type": "phone", "value": "26112233"}, at=NOW),
    "a request": lambda: reported(
        "support.requested", party={"identities": [ADA]}, channel="email", subject="Ada", body="My dog is Bo"
    ),
    "an interaction": lambda: reported(
        "interaction.recorded", party={"identities": [ADA]}, channel="chat", direction="inbound", summary="Ada"
    ),
    "a profile": lambda: reported("profile.submitted", party={"identities": [SHOP_81], "name": "Ada Holm"}),
}


@pytest.mark.parametrize("kind", OLDER)
async def test_an_older_fact_is_hers_and_does_not_bring_her_back(
    contacts: Contacts, http: httpx.AsyncClient, kind: str
) -> None:
    party_id = await ada(contacts)
    contacts.now = NOW + HOUR
    await erased(http, party_id)
    await contacts.pool.execute("delete from outbox")
    await contacts.accept(OLDER[kind]())
    events = await contacts.relayed()
    assert {event.data.party_id for event in events} <= {party_id}
    assert len(events) == (0 if kind == "a profile" else 1)
    assert [event for event in events if "party." in event.type] == []
    kept = await everything(contacts) + "".join(str(event.data) for event in events)
    for word in ("Ada", "'ada'", "holm", "ada@", "26112233", "dog"):
        assert word not in kept
    left = (await http.get("/v1/erasures")).json()["items"][0]
    assert set((await http.get(f"/v1/erasures/{left['id']}")).json()["left"].values()) == {0}


async def test_who_comes_again_later_is_somebody_new(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    await erased(http, party_id)
    await contacts.accept(sale("s-3", SHOP_81, ADA, at=NOW + HOUR))
    buyers = [data.party_id for data in await contacts.of_type("sale.completed")]
    assert (buyers[0], len(set(buyers))) == (party_id, 2)
    contacts.now = NOW + timedelta(days=31)
    await fire_due(ingest, contacts.ledger, DIGESTS, dict.fromkeys(range(12), contacts.now), 500, is_infrastructure)
    assert await contacts.rows("select * from erased_identity") == []


@pytest.mark.parametrize("comes_again", [False, True])
async def test_what_changes_a_sale_of_before_founds_nobody(
    contacts: Contacts, http: httpx.AsyncClient, comes_again: bool
) -> None:
    """A refund, an amendment or a cancellation may come long after, also once the number is of somebody new."""
    party_id = await ada(contacts)
    await erased(http, party_id)
    if comes_again:
        await contacts.accept(sale("s-9", SHOP_81, ADA, at=NOW + HOUR))
    known = await contacts.rows("select id from party order by id")
    price = {"minor": 5_000, "currency": "DKK"}
    lines = [{"sku": "A-17", "quantity": 1, "unit_price": price}]
    changes: dict[str, dict[str, Any]] = {
        "sale.refunded": {"total": price, "reason": "Ada says that it broke"},
        "sale.amended": {"revision": 2, "channel": "web", "total": price, "lines": lines},
        "sale.cancelled": {"revision": 3, "reason": "Ada changed her mind"},
    }
    for type_, data in changes.items():
        party = {"identities": [SHOP_81, ADA], "name": "Ada Holm"}
        await contacts.accept(reported(type_, at=NOW + 2 * HOUR, party=party, sale_id="s-1", **data))
        [told] = await contacts.of_type(type_)
        assert told.party_id == party_id
    assert await contacts.rows("select id from party order by id") == known
    assert await contacts.rows("select body from fact_text") == []
    assert await contacts.rows("select id from party where name is not null and erased_at is not null") == []


async def test_what_others_carry_too_is_theirs_afterwards(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", SHOP_81, ADA, PHONE), sale("s-2", SHOP_82, PHONE, name="Bo"))
    first, other = (data.party_id for data in await contacts.of_type("sale.completed"))
    await erased(http, first)
    [phone] = [
        each for each in (await http.get(f"/v1/parties/{other}")).json()["identities"] if each["type"] == "phone"
    ]
    assert phone["shared"] is False
    told = [data for data in await contacts.of_type("party.described") if data.party_id == other]
    assert [identity.shared for identity in told[-1].identities if identity.type == "phone"] == [False]
    await contacts.accept(sale("s-3", PHONE, at=NOW - HOUR))
    assert (await contacts.of_type("sale.completed"))[-1].party_id == other


async def test_the_certificate_is_complete_once_every_service_has_confirmed(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    certificate = await erased(http, party_id)
    assert certificate["complete"] is False
    assert certificate["waiting_for"] == sorted(
        {path.parent.name for path in SERVICES.glob("*/tables.yaml")} - {"contacts"}
    )
    for model, service in ((OfCampaigns, "marketing"), (OfTickets, "support"), (OfInsights, "forecasting")):
        for found in (2, 0):  # what comes a second time has found nothing any more
            said = model(party_id=party_id, forgotten=counted({"party": found}), recorded_at=NOW)
            await contacts.show([heard(said, source=f"/{service}")])
    await contacts.pool.execute("update erasure set searched_at = now()")
    shown = (await http.get(f"/v1/erasures/{certificate['id']}")).json()
    assert (shown["complete"], shown["waiting_for"]) == (True, [])
    assert {each["service"]: each["forgotten"] for each in shown["confirmations"]} == {
        service: {"party": 2} for service in ("marketing", "support", "forecasting")
    }
    assert {each["topic"] for each in shown["topics"]} == {"crm.parties", "crm.ingest", "crm.requests"}

    contacts.now = NOW + timedelta(hours=26)
    before = await contacts.pool.fetchval("select count(*) from outbox where payload is null")
    await fire_due(ingest, contacts.ledger, TOMBSTONES, dict.fromkeys(range(12), contacts.now), 500, is_infrastructure)
    assert await contacts.pool.fetchval("select count(*) from outbox where payload is null") == before + 1


async def test_after_a_restore_the_null_value_erases_again(contacts: Contacts) -> None:
    party_id = await ada(contacts)
    described = [event for event in await contacts.relayed() if event.topic == "crm.parties"]
    gone: Event[Any] = decoded("crm.parties", described[0].type, Tombstone(), key=str(party_id), at=NOW, now=NOW)
    async with contacts.ledger.transaction() as tx:
        await recovery.subscription.topics["crm.parties"].handle([*described, gone], tx)
        for end in recovery.endings:
            await end(tx)
    assert await contacts.rows("select id from party where erased_at is null") == []
    assert await contacts.rows("select * from identity") == []


async def merged(http: httpx.AsyncClient, into: object, other: object) -> str:
    answer = await http.post(f"/v1/parties/{into}/merge", json={"other": str(other), "because": "the same person"})
    assert answer.status_code == 201, answer.text
    return f"/v1/merges/{answer.json()['id']}/undo"


async def test_who_was_merged_into_another_is_not_erased_alone(contacts: Contacts, http: httpx.AsyncClient) -> None:
    """The other one shows her name: with her alone it would go on doing so."""
    party_id = await ada(contacts)
    other = (await http.post("/v1/parties", json={"identities": [SHOP_82]})).json()["id"]
    asked = await ask(http, party_id)
    undo = await merged(http, other, party_id)
    for answer in (await decide(http, asked), await ask(http, party_id, by="staff-3")):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:merged")
        assert answer.json()["state"] == {"merged_into": other}
    assert (await http.get(f"/v1/parties/{other}")).json()["name"] == "Ada Holm"

    await erased(http, other)
    kept = await everything(contacts)
    for word in ("Ada", "holm", "ada@", BORN, "the same person"):
        assert word not in kept, word
    gone = await http.post(undo, json={"because": "two"})
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:rapport:problem:erased")


async def test_what_another_showed_of_her_while_both_were_one_is_gone_too(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    other = (await http.post("/v1/parties", json={"identities": [SHOP_82]})).json()["id"]
    contacts.now += HOUR
    undo = await merged(http, other, party_id)
    contacts.now += HOUR
    assert (await http.patch(f"/v1/parties/{other}", json={"locale": "da"})).status_code == 200
    contacts.now += HOUR
    assert (await http.post(undo, json={"because": "two"})).status_code == 200
    await erased(http, party_id)
    kept = await everything(contacts)
    for word in ("Ada", "holm", "ada@", BORN):
        assert word not in kept, word
    versions = await contacts.rows(
        "select version from party_revision where party_id = $1 order by version", UUID(other)
    )
    assert [row["version"] for row in versions] == [1, 4]


async def test_after_a_restore_nothing_is_left_of_moves_of_who_is_erased(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    (shop,) = await contacts.rows("select id from identity where type = 'external'")
    split = {"identities": [str(shop["id"])], "because": "two people"}
    assert (await http.post(f"/v1/parties/{party_id}/split", json=split)).status_code == 201
    told = [event for event in await contacts.relayed() if event.type == "crm.party.split.v1"]
    done = await erased(http, party_id)
    await contacts.pool.execute("delete from identity_move")
    async with contacts.ledger.transaction() as tx:
        await recovery.subscription.topics["crm.contacts"].handle(told, tx)
    shown = (await http.get(f"/v1/erasures/{done['id']}")).json()
    assert shown["left"]["identity_move"] == 0
    assert len(await contacts.rows("select from identity_move")) == 1


RECORDS = {
    "JSON": (b'{"party": {"identities": [{"type": "email", "value": "ADA@example.com"}]}}', {"email"}),
    "JSON with an id": (b'{"x": [{"type": "external", "system": "shop", "value": "81"}]}', {"external"}),
    "broken JSON": (b'{"email": "ada@example.com", "phone": "+45 20 12 34 56"', {"email", "phone"}),
    "JSON of another form": (b'{"email": "ada@example.com", "phone": "+45 20 12 34 56"}', {"email", "phone"}),
    "an envelope": (
        b'{"type": "x", "value": {"party": {"identities": [{"type": "email", "value": "ada@example.com"}]}}}',
        {"email"},
    ),
    "a megabyte without a blank": (b"a" * 1_000_000, set()),
    "no text": (b"\xff\x00ada@example.com\x00", set()),
    "nothing": (None, set()),
    "nobody": (b'{"identities": [{"type": "email", "value": "no address"}, {"type": 1, "value": {}}]}', set()),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_whom_waiting_records_name_is_read_from_their_bytes(kind: str) -> None:
    value, types = RECORDS[kind]
    claims: set[Claim] = claims_in(value, Reading(read_policy(), "DK", "/shop"))
    if kind != "no text":
        assert {claim.type for claim in claims} == types


async def test_answers_that_are_kept_of_her_are_emptied_and_no_request_acts_twice(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """Those of others stay, and so do those of the erasure itself, which names nobody."""
    key, other = {"Idempotency-Key": "k-1"}, {"Idempotency-Key": "k-2"}
    body = {"name": "Ada Flintholm", "identities": [SHOP_81]}
    made = (await http.post("/v1/parties", json=body, headers=key)).json()
    bo = {"name": "Bo Flint", "identities": [SHOP_82]}
    kept = await http.post("/v1/parties", json=bo, headers=other)
    assert "Flintholm" in await everything(contacts)

    asked = await ask(http, made["id"])
    url, by, third = f"/v1/erasures/{asked.json()['id']}/approve", {"by": "staff-2"}, {"Idempotency-Key": "k-3"}
    approved = await http.post(url, json=by, headers=third)
    assert approved.json()["found"]["idempotency"] == 1
    assert "Flintholm" not in await everything(contacts)

    again = await http.post("/v1/parties", json=body, headers=key)
    assert (again.status_code, again.json()["type"]) == (410, "urn:rapport:problem:answer_forgotten")
    assert [row["name"] for row in await contacts.rows("select name from party where name is not null")] == ["Bo Flint"]
    assert (await http.post("/v1/parties", json=bo, headers=other)).json() == kept.json()
    repeated = await http.post(url, json=by, headers=third)
    assert (repeated.status_code, repeated.json()) == (200, approved.json())

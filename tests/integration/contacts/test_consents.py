"""Consent as a record: its history, what holds, its end by time, and double opt-in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contacts.consents.commands import TIMER
from services.contacts.main import create_context
from services.contacts.settings import ContactsSettings
from services.contacts.subscriptions import ingest
from shared.engine.event import Event
from shared.engine.postgres import is_infrastructure
from shared.engine.timers import fire_due
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale

SHOP_82 = {"type": "external", "system": "shop", "value": "82"}
HOUR = timedelta(hours=1)


def consent(type_: str = "given", *identities: dict[str, str], hours: int = -10, **more: Any) -> Event[Any]:
    said = {"party": {"identities": list(identities or (ADA,))}, "purpose": "marketing", "channel": "email", **more}
    return reported(f"consent.{type_}", at=NOW + hours * HOUR, **said)


async def party_of(http: httpx.AsyncClient) -> str:
    return str((await http.get("/v1/parties", params={"q": "ada@example.com"})).json()["items"][0]["id"])


async def state(http: httpx.AsyncClient, party_id: object, **query: Any) -> list[dict[str, Any]]:
    answer = await http.get("/v1/consents", params={"party_id": str(party_id), **query})
    assert answer.status_code == 200, answer.text
    consents: list[dict[str, Any]] = answer.json()["consents"]
    return consents


async def history(http: httpx.AsyncClient, party_id: object, **query: Any) -> list[dict[str, Any]]:
    """All of it, in pages of two."""
    lines, cursor = [], None
    while True:
        asked = {"party_id": str(party_id), "limit": 2, **query} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/v1/consents/history", params=asked)).json()
        lines += page["items"]
        if (cursor := page["next_cursor"]) is None:
            return lines


async def expire(contacts: Contacts, hours: int) -> None:
    """The clock of every partition passes that time."""
    contacts.now = NOW + hours * HOUR
    await fire_due(ingest, contacts.ledger, TIMER, dict.fromkeys(range(12), contacts.now), 500, is_infrastructure)


async def test_everything_said_of_consent_is_a_line_and_the_state_is_what_decides(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(
        consent(basis="opt_in", text_version="2026-03", evidence="ticked", topic="news"),
        consent("withdrawn", hours=-9, topic="news"),
        consent(hours=-8, topic=" "),
    )
    contacts.now = NOW + 2 * HOUR
    party_id = await party_of(http)
    first = (await history(http, party_id))[-1]
    later = consent("withdrawn", hours=1)
    later.now = contacts.now
    await contacts.accept(later)
    await contacts.show_published()

    lines = await history(http, party_id)
    assert sorted((line["said"], line["topic"] or "") for line in lines) == [
        ("given", ""), ("given", "news"), ("withdrawn", ""), ("withdrawn", "news")
    ]  # fmt: skip
    assert lines[0]["said"] == "withdrawn"
    assert {"basis": "opt_in", "text_version": "2026-03", "origin": "/shop", "identity_type": "email"}.items() <= next(
        line for line in lines if line["has_evidence"]
    ).items()
    assert await history(http, party_id, channel="sms") == []
    assert first in lines

    assert [(each["topic"], each["given"], each["holds"]) for each in await state(http, party_id)] == [
        (None, False, False), ("news", False, False)
    ]  # fmt: skip
    before = await state(http, party_id, at=NOW.isoformat())
    assert [(each["topic"], each["given"], each["holds"]) for each in before] == [
        (None, True, True), ("news", False, True)
    ]  # fmt: skip
    assert await state(http, party_id, at=(NOW - HOUR).isoformat()) == []
    assert (await http.get(f"/v1/parties/{party_id}")).json()["consents"] == await state(http, party_id)


async def test_a_withdrawal_by_an_address_is_a_line_of_everybody_who_carries_it(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(sale("s-1", SHOP_81, ADA, PHONE), sale("s-2", SHOP_82, PHONE))
    ada, bo = (data.party_id for data in await contacts.of_type("sale.completed"))
    await contacts.accept(consent("withdrawn", PHONE, channel="sms"))
    lines = {party_id: await history(http, party_id) for party_id in (ada, bo)}
    published = {event.data.party_id: event.id for event in await contacts.relayed() if "withdrawn" in event.type}
    assert {party_id: line["event_id"] for party_id, (line,) in lines.items()} == published


async def test_a_consent_that_ends_is_told_once_where_it_still_decides(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ends = (NOW + HOUR).isoformat()
    await contacts.accept(
        consent(expires_at=ends), consent(channel="sms", expires_at=ends), consent("withdrawn", hours=-1, channel="sms")
    )
    party_id = await party_of(http)
    assert [each["holds"] for each in await state(http, party_id)] == [True, False]
    await expire(contacts, 0)
    assert await contacts.of_type("consent.expired") == []
    await expire(contacts, 2)
    await expire(contacts, 3)

    [told] = await contacts.of_type("consent.expired")
    [given] = [line for line in await history(http, party_id, channel="email") if line["said"] == "given"]
    assert (str(told.consent_event_id), told.channel, told.expired_at) == (given["event_id"], "email", NOW + HOUR)
    assert [each["holds"] for each in await state(http, party_id)] == [False, False]
    assert [line["said"] for line in await history(http, party_id, channel="email")] == ["expired", "given"]
    await contacts.show_published()
    assert (await http.get(f"/v1/parties/{party_id}")).json()["consents"] == await state(http, party_id)


async def test_a_consent_that_had_ended_before_it_was_given_ends_then(contacts: Contacts) -> None:
    """Its end may lie before any event that a reader takes."""
    await contacts.accept(consent(expires_at="0001-01-01T00:00:00Z"))
    await expire(contacts, 1)
    [told] = [event for event in await contacts.relayed() if event.type == "crm.consent.expired.v1"]
    assert (told.time, told.data.expired_at.year) == (NOW - 10 * HOUR, 1)


@pytest.mark.parametrize("demanded", [False, True], ids=["by the sender", "by the operator"])
async def test_what_is_requested_holds_once_it_is_confirmed(
    contacts: Contacts, http: httpx.AsyncClient, *, demanded: bool
) -> None:
    more: dict[str, Any] = {} if demanded else {"opt_in": "requested"}
    if demanded:
        settings = ContactsSettings(double_opt_in=frozenset({"marketing/email"}))
        contacts.context = create_context(settings)
        contacts.ledger = contacts.ledger_of(contacts.pool)
    await contacts.accept(consent(text_version="7", **more))
    party_id = await party_of(http)
    [line] = await history(http, party_id)
    assert (line["said"], await state(http, party_id)) == ("requested", [])
    assert await contacts.of_type("consent.given") == []

    url = f"/v1/consents/{line['event_id']}/confirm"
    answers = [await http.post(url, json={"evidence": "link of 13:02"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    facts = [event for event in await contacts.relayed() if event.topic == "crm.ingest"]
    assert {(fact.id, fact.data.opt_in) for fact in facts} == {(answers[0].json()["id"], "confirmed")}
    facts[0].source = answers[0].json()["source"]
    await contacts.accept(facts[0])

    [given] = [each.data for each in await contacts.relayed() if each.type == "crm.consent.given.v1"][2:]
    assert (str(given.party_id), given.basis, given.text_version) == (party_id, "double_opt_in", "7")
    assert [each["holds"] for each in await state(http, party_id)] == [True]


async def test_what_cannot_be_confirmed_is_refused_with_the_reason(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(
        consent(opt_in="requested", hours=-3),
        consent("withdrawn", hours=-1),
        consent(opt_in="requested", channel="sms"),
    )
    lines = {(line["said"], line["channel"]): line["event_id"] for line in await history(http, await party_of(http))}

    async def refusal(event_id: object) -> tuple[int, str]:
        answer = await http.post(f"/v1/consents/{event_id}/confirm", json={"evidence": "link"})
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    assert await refusal(UUID(int=7)) == (404, "not_found")
    assert await refusal(lines["withdrawn", "email"]) == (409, "not_requested")
    assert await refusal(lines["requested", "email"]) == (409, "not_requested")
    contacts.now = NOW + timedelta(days=8)
    assert await refusal(lines["requested", "sms"]) == (410, "expired")
    assert [each.topic for each in await contacts.relayed() if each.topic == "crm.ingest"] == []
    for path in ("/v1/consents", "/v1/consents/history"):
        assert (await http.get(path, params={"party_id": str(UUID(int=7))})).status_code == 404

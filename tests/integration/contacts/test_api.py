"""Parties over HTTP, on a real Postgres."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic_core import from_json

from services.contacts.models import LineView, PartyCard, PartyView
from shared.events.campaigns import MessagePlanned, MessageSent, MessageSkipped
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.http.app import Listing
from tests.integration.contacts.running import NOW, Contacts, heard, reported

ADA = {"type": "email", "value": "Ada@Example.com"}
SHOP_81 = {"type": "external", "system": "shop", "value": "81"}
HOUR = timedelta(hours=1)
DKK = "DKK"


async def a_full_life(contacts: Contacts) -> UUID:
    """Ada bought twice, got something back, allowed e-mail, asked for help and was thanked."""
    party: dict[str, Any] = {"identities": [ADA, SHOP_81], "name": "Ada Holm"}

    def sale(sale_id: str, minor: int, hours: int) -> Any:
        price = {"minor": minor, "currency": DKK}
        line = {"sku": "A-17", "quantity": 2, "unit_price": price}
        return reported(
            "sale.completed",
            at=NOW + hours * HOUR,
            party=party,
            sale_id=sale_id,
            channel="web",
            total=price,
            lines=[line],
        )

    await contacts.accept(
        sale("s-1", 500, 1),
        sale("s-2", 300, 2),
        reported("sale.refunded", at=NOW + 3 * HOUR, party=party, sale_id="s-1", total={"minor": 200, "currency": DKK}),
        reported("consent.given", at=NOW, party=party, purpose="marketing", channel="email", basis="opt_in"),
    )
    await contacts.show_published()
    [found] = await contacts.rows("select id from party")
    party_id: UUID = found["id"]
    message: dict[str, Any] = {
        "message_id": uuid4(),
        "enrolment_id": uuid4(),
        "party_id": party_id,
        "campaign": "thanks",
        "campaign_version": 1,
        "step": 1,
        "channel": "email",
        "trigger_event_id": "e-1",
        "due_at": NOW + 4 * HOUR,
        "recorded_at": NOW,
    }
    ticket: dict[str, Any] = {"ticket_id": uuid4(), "party_id": party_id, "request_event_id": "r-1", "recorded_at": NOW}
    closed = {**ticket, "ticket_id": uuid4()}
    opening: dict[str, Any] = {"number": 7, "channel": "email", "has_text": True}
    await contacts.show(
        [
            heard(MessagePlanned(**message), source="/marketing", at=NOW + HOUR),
            heard(MessageSent(**message), source="/marketing", at=NOW + 4 * HOUR),
            heard(
                MessageSkipped(party_id=party_id, trigger_event_id="e-2", reason="no_campaign", recorded_at=NOW),
                source="/marketing",
            ),
            heard(TicketOpened(**ticket, **opening), source="/support"),
            heard(TicketOpened(**closed, **opening), source="/support"),
            heard(
                TicketStatusChanged(**closed, previous="new", status="closed", version=2),
                source="/support",
                at=NOW + HOUR,
            ),
            heard(
                TicketStatusChanged(**ticket, previous="new", status="open", version=2),
                source="/support",
                at=NOW + HOUR,
            ),
        ]
    )
    return party_id


async def test_the_360_view_shows_everything_that_is_known(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await a_full_life(contacts)

    answer = await http.get(f"/v1/parties/{party_id}")

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    view = answer.json()
    assert (view["id"], view["name"], view["kind"], view["version"]) == (str(party_id), "Ada Holm", "person", 1)
    assert [(known["type"], known["system"], known["value"]) for known in view["identities"]] == [
        ("email", None, "ada@example.com"),
        ("external", "shop", "81"),
    ]
    assert view["lifecycle"]["current"] == "purchase"
    assert [entry["stage"] for entry in view["lifecycle"]["entries"]] == ["discovery", "purchase"]
    [total] = view["totals"]
    assert (total["sales"], total["refunds"], total["paid"]["minor"], total["net"]) == (
        2,
        1,
        800,
        {"minor": 600, "currency": "DKK"},
    )
    assert total["first_sale_at"] == "2026-03-02T14:00:00+00:00"
    [consent] = view["consents"]
    assert (consent["purpose"], consent["given"], consent["topic"]) == ("marketing", True, None)
    [ticket] = view["open_tickets"]
    assert (ticket["number"], ticket["status"]) == (7, "open")
    [message] = view["messages"]
    assert (message["campaign"], message["state"]) == ("thanks", "sent")
    assert len(view["timeline"]) == 10


async def test_the_timeline_pages_newest_first_and_filters_by_type(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await a_full_life(contacts)
    url = f"/v1/parties/{party_id}/timeline"

    lines: list[dict[str, Any]] = []
    cursor: str | None = None
    while cursor is not None or not lines:
        page = (await http.get(url, params={"limit": 5, **({"cursor": cursor} if cursor else {})})).json()
        lines += page["items"]
        cursor = page["next_cursor"]

    places = [(line["occurred_at"], line["recorded_at"], line["event_id"]) for line in lines]
    assert len(lines) == 14
    assert places == sorted(set(places), reverse=True)
    some = (await http.get(url, params=[("type", "sale.completed"), ("type", "crm.ticket.opened.v1")])).json()["items"]
    assert sorted(line["type"] for line in some) == ["crm.sale.completed.v1"] * 2 + ["crm.ticket.opened.v1"] * 2
    sold = next(line for line in some if line["type"] == "crm.sale.completed.v1")
    assert sold["summary"] == {
        "sale_id": "s-2",
        "channel": "web",
        "total": {"minor": 300, "currency": "DKK"},
        "lines": [{"sku": "A-17", "quantity": 2}],
        "origin": "/shop",
    }


@pytest.mark.parametrize("path", ["", "/timeline"])
async def test_who_is_not_known_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(f"/v1/parties/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:not_found")


@pytest.mark.parametrize("q", ["ada@example.COM ", "81", "ada h", "+4520123456", "20 12 34 56"])
async def test_a_party_is_found_by_each_identity_and_by_the_start_of_its_name(http: httpx.AsyncClient, q: str) -> None:
    phone = {"type": "phone", "value": "+45 20 12 34 56"}
    made = await http.post("/v1/parties", json={"name": "Ada Holm", "identities": [ADA, SHOP_81, phone]})
    await http.post("/v1/parties", json={"name": "Bo Lind", "identities": [{**ADA, "value": "bo@example.com"}]})

    found = (await http.get("/v1/parties", params={"q": q})).json()

    assert [party["id"] for party in found["items"]] == [made.json()["id"]]
    assert found["next_cursor"] is None


async def test_lists_page_to_the_end_by_age_and_by_name(http: httpx.AsyncClient) -> None:
    names = [f"Ab {number:02}" for number in range(7)]
    await http.post("/v1/parties/batch", json={"items": [{"name": name} for name in names]})
    for params, expected in (({}, names[::-1]), ({"q": "AB"}, names)):
        seen: list[str] = []
        cursor: str | None = None
        while cursor is not None or not seen:
            page = (
                await http.get("/v1/parties", params={**params, "limit": "3", **({"cursor": cursor} if cursor else {})})
            ).json()
            seen += [party["name"] for party in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected


async def test_creating_registers_and_describes_the_party_once_for_one_key(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    body = {"name": "Ada Holm", "identities": [ADA], "roles": ["customer"], "address": {"country": "DK"}}
    first = await http.post("/v1/parties", json=body, headers={"Idempotency-Key": "k-1"})
    again = await http.post("/v1/parties", json=body, headers={"Idempotency-Key": "k-1"})

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["Location"] == f"/v1/parties/{first.json()['id']}"
    assert first.headers["ETag"] == '"1"'
    assert [event.type for event in await contacts.relayed()] == ["crm.party.registered.v1", "crm.party.described.v1"]


async def test_creating_who_is_known_is_a_conflict_that_shows_the_party(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada Holm", "identities": [ADA]})).json()
    answer = await http.post("/v1/parties", json={"name": "Ada", "identities": [SHOP_81, ADA]})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:duplicate_identity")
    state = answer.json()["state"]
    assert (state["id"], state["name"], state["version"]) == (made["id"], "Ada Holm", 1)
    assert len(state["identities"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": "A", "identities": [{"type": "email", "value": "n/a"}]}, "body.identities.0.value"),
        ({"name": "A", "identities": [{"type": "external", "value": "1"}]}, "body.identities.0.system"),
        ({"name": "A", "kind": "robot"}, "body.kind"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_field(http: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await http.post("/v1/parties", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_batch_answers_for_each_item(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})
    items = [
        {"name": "Bo", "identities": [{"type": "email", "value": "bo@example.com"}]},
        {"name": "Ada Holm", "identities": [ADA]},
        {"name": "A", "kind": "robot"},
        {"identities": [{"type": "email", "value": "n/a"}]},
        {"identities": [{"type": "email", "value": "bo@example.com"}]},
    ]
    results = (await http.post("/v1/parties/batch", json={"items": items})).json()["results"]
    again = (await http.post("/v1/parties/batch", json={"items": items})).json()["results"]

    assert [result["status"] for result in results] == ["created", "updated", "refused", "refused", "unchanged"]
    assert [result["status"] for result in again] == ["unchanged", "unchanged", "refused", "refused", "unchanged"]
    assert results[0]["id"] == results[4]["id"]
    assert results[2]["detail"] == "not acceptable: kind"
    assert [(row["name"], row["version"]) for row in await contacts.rows("select * from party order by id")] == [
        ("Ada Holm", 2),
        ("Bo", 1),
    ]


async def test_a_change_says_which_version_it_was_decided_on(contacts: Contacts, http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})).json()
    url = f"/v1/parties/{made['id']}"

    changed = await http.patch(url, json={"name": "Ada Holm", "identities": [SHOP_81]}, headers={"If-Match": '"1"'})
    stale = await http.patch(url, json={"name": "Ida"}, headers={"If-Match": '"1"'})
    same = await http.patch(url, json={"name": "Ada Holm"}, headers={"If-Match": '"2"'})
    emptied = await http.put(url, json={"locale": "da"})

    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert len(changed.json()["identities"]) == 2
    assert (stale.status_code, stale.json()["state"]["name"]) == (409, "Ada Holm")
    assert (same.status_code, same.headers["ETag"]) == (200, '"2"')
    assert (emptied.json()["name"], emptied.json()["locale"], emptied.json()["version"]) == (None, "da", 3)
    updates = [event.data.fields for event in await contacts.relayed() if event.type == "crm.party.updated.v1"]
    assert updates == [["identities", "name"], ["locale", "name"]]


async def test_an_identity_of_another_party_cannot_be_added(http: httpx.AsyncClient) -> None:
    ada = (await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})).json()
    bo = (await http.post("/v1/parties", json={"name": "Bo", "identities": [SHOP_81]})).json()
    answer = await http.patch(f"/v1/parties/{bo['id']}", json={"identities": [ADA]})
    assert (answer.status_code, answer.json()["state"]["id"]) == (409, ada["id"])


async def test_changing_nobody_is_not_found_and_a_bad_etag_is_refused(http: httpx.AsyncClient) -> None:
    url = f"/v1/parties/{uuid4()}"
    assert (await http.patch(url, json={"identities": [ADA]})).status_code == 404
    assert (await http.patch(url, json={}, headers={"If-Match": "x"})).status_code == 422


async def test_a_text_is_read_by_the_event_that_speaks_of_it(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party = {"identities": [ADA]}
    await contacts.accept(
        reported("interaction.recorded", party=party, channel="phone", direction="inbound", summary="likes tea")
    )
    event = next(event for event in await contacts.relayed() if event.type == "crm.interaction.recorded.v1")
    answer = (await http.get(f"/v1/interactions/{event.id}")).json()
    assert answer["texts"] == [{"kind": "summary", "text": "likes tea"}]
    assert (await http.get(f"/v1/interactions/{uuid4()}")).status_code == 404


async def test_what_postgres_builds_is_what_the_document_says(contacts: Contacts, http: httpx.AsyncClient) -> None:
    url = f"/v1/parties/{await a_full_life(contacts)}"
    for model, answer in (
        (PartyView, await http.get(url)),
        (Listing[PartyCard], await http.get("/v1/parties")),
        (Listing[LineView], await http.get(f"{url}/timeline")),
    ):
        shown = model.model_validate_json(answer.content)
        assert from_json(shown.model_dump_json()).keys() == answer.json().keys()

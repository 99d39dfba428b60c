"""Parties over HTTP, on a real Postgres."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic_core import from_json

from services.contacts.overview.schemas import PartyCard, PartyView
from services.contacts.timeline.schemas import LineView
from shared.events.campaigns import MessagePlanned, MessageSent, MessageSkipped
from shared.events.money import MOST_MINOR
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
    assert answer.headers["ETag"].startswith('"1-')
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


async def test_what_postgres_builds_is_what_the_document_says(contacts: Contacts, http: httpx.AsyncClient) -> None:
    url = f"/v1/parties/{await a_full_life(contacts)}"
    for model, answer in (
        (PartyView, await http.get(url)),
        (Listing[PartyCard], await http.get("/v1/parties")),
        (Listing[LineView], await http.get(f"{url}/timeline")),
    ):
        shown = model.model_validate_json(answer.content)
        assert from_json(shown.model_dump_json()).keys() == answer.json().keys()


@pytest.mark.parametrize("stored", ["\u00c5se Holm", "A\u030ase Holm", "  \u00c5se Holm"])
@pytest.mark.parametrize("q", ["\u00e5se", "a\u030ase", " \u00c5se", "\u00c5SE HOLM"])
async def test_a_name_is_found_however_its_letters_were_written(http: httpx.AsyncClient, stored: str, q: str) -> None:
    await http.post("/v1/parties", json={"name": stored})
    found = (await http.get("/v1/parties", params={"q": q})).json()["items"]
    assert [party["name"] for party in found] == ["\u00c5se Holm"]


async def test_a_search_by_identity_pages_to_the_end(http: httpx.AsyncClient) -> None:
    """One value may be the outside id of several systems, and somebody's name."""
    for system in ("a", "b", "c"):
        await http.post("/v1/parties", json={"identities": [{"type": "external", "system": system, "value": "81"}]})
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        params = {"q": "81", "limit": "1", **({"cursor": cursor} if cursor else {})}
        page = (await http.get("/v1/parties", params=params)).json()
        seen += [party["id"] for party in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 3
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("q", "status"), [("\x00", 422), (" ", 200), ("n\x00ul", 422), ("%", 200), ("_", 200), ("\u0130", 200)]
)
async def test_no_search_fails(http: httpx.AsyncClient, q: str, status: int) -> None:
    """U+0000 is no text, and is refused before any route."""
    assert (await http.get("/v1/parties", params={"q": q})).status_code == status


@pytest.mark.parametrize("currency", ["HUF", "VND", "JPY", "DKK"])
async def test_sums_go_beyond_what_one_amount_may_be(
    contacts: Contacts, http: httpx.AsyncClient, currency: str
) -> None:
    most = {"minor": MOST_MINOR, "currency": currency}
    party = {"identities": [SHOP_81]}
    sales = [
        reported(
            "sale.completed",
            party=party,
            sale_id=f"s-{number}",
            channel="web",
            total=most,
            lines=[{"sku": "A", "quantity": 1, "unit_price": most}] * 1000,
        )
        for number in range(3)
    ]
    refund = reported("sale.refunded", party=party, sale_id="s-0", total=most)
    for _ in range(2):
        await contacts.pool.execute("update timeline_v1.total set paid = paid + 9223372036854775807")
        await contacts.accept(*sales, refund)
        await contacts.show_published()
        await contacts.pool.execute("delete from outbox")
        sales = [reported("sale.completed", **_renamed(sale)) for sale in sales]
    [found] = await contacts.rows("select id from party")
    [total] = (await http.get(f"/v1/parties/{found['id']}")).json()["totals"]
    paid = 6 * MOST_MINOR + 9223372036854775807
    assert (total["paid"]["minor"], total["refunded"]["minor"]) == (paid, 2 * MOST_MINOR)
    assert total["net"] == {"minor": paid - 2 * MOST_MINOR, "currency": currency}


def _renamed(sale: Any) -> dict[str, Any]:
    data = sale.data
    return {
        "party": {"identities": [SHOP_81]},
        "sale_id": f"{data.sale_id}-again",
        "channel": "web",
        "total": {"minor": data.total.minor, "currency": data.total.currency},
        "lines": [{"sku": "A", "quantity": 1, "unit_price": {"minor": 1, "currency": data.total.currency}}],
    }


async def test_the_view_says_which_consents_hold(contacts: Contacts, http: httpx.AsyncClient) -> None:
    def said(type_: str, minutes: int, **more: Any) -> Any:
        consent = {"party": {"identities": [ADA]}, "purpose": "marketing", "channel": "email", **more}
        return reported(f"consent.{type_}", at=NOW + timedelta(minutes=minutes - 60), **consent)

    await contacts.accept(
        said("given", 0, topic="news"),
        said("withdrawn", 1, topic=""),
        said("given", 2, topic="offers", expires_at=NOW + HOUR),
        said("given", 2, topic="events", expires_at=NOW),
        said("given", 3, topic="letters"),
        said("withdrawn", 3, topic="letters"),
        said("given", 0, channel="sms"),
    )
    await contacts.show_published()
    [party] = await contacts.rows("select id from party")
    consents = (await http.get(f"/v1/parties/{party['id']}")).json()["consents"]
    assert {(consent["channel"], consent["topic"]): (consent["given"], consent["holds"]) for consent in consents} == {
        ("email", None): (False, False),
        ("email", "events"): (True, False),
        ("email", "letters"): (False, False),
        ("email", "news"): (True, False),
        ("email", "offers"): (True, True),
        ("sms", None): (True, True),
    }

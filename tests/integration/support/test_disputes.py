"""Disputes on a real Postgres: the whole machine over HTTP, deadlines, merged and erased parties, and a restore."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from services.support.subscriptions import tickets as group
from shared.engine.timers import fire_due
from shared.events.agreements import AgreementSigned
from shared.events.contract import find_contract
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import described, erased, party_id, requested

MONEY = {"minor": 12_000, "currency": "DKK"}


async def raised(http: httpx.AsyncClient, support: Support, party: int = 1, **fields: Any) -> str:
    """The path of a new dispute of a party that is known."""
    await support.heard(described(party))
    body = {"party_id": str(party_id(party)), "cause": "quality", "amount": MONEY, "agent": "staff-1"}
    answer = await http.post("/v1/disputes", json=body | fields)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    path: str = answer.headers["Location"]
    return path


async def step(http: httpx.AsyncClient, path: str, status: str, **fields: Any) -> httpx.Response:
    return await http.post(f"{path}/status", json={"status": status, "agent": "staff-1"} | fields)


async def told(support: Support) -> list[str]:
    return [type_ for type_, _ in await support.published() if type_.startswith("dispute.")]


async def test_a_dispute_goes_from_its_raising_to_its_closing(http: httpx.AsyncClient, support: Support) -> None:
    path = await raised(http, support, text="The lamp is cracked.", owner="staff-2", origin="/shop", sale_id="s-1")
    for status, fields in (
        ("acknowledged", {}),
        ("investigating", {}),
        ("proposed", {"amount": {"minor": 4_000, "currency": "DKK"}}),
        ("countered", {"amount": {"minor": 9_000, "currency": "DKK"}, "text": "It was a present."}),
        ("proposed", {"amount": {"minor": 6_000, "currency": "DKK"}}),
        ("settled", {}),
        ("credited", {}),
        ("closed", {}),
    ):
        answer = await step(http, path, status, **fields)
        assert (answer.status_code, answer.json()["status"]) == (200, status), answer.text
    view = (await http.get(path)).json()
    assert (view["outcome"], view["offer"]["minor"], view["owner"]) == ("credited", 6_000, "staff-2")
    assert [each["status"] for each in view["steps"]][-3:] == ["settled", "credited", "closed"]
    assert [each["text"] for each in view["steps"] if each["text"]] == ["The lamp is cracked.", "It was a present."]
    assert await told(support) == [
        "dispute.raised", "dispute.acknowledged", "dispute.investigated", "dispute.proposed", "dispute.countered",
        "dispute.proposed", "dispute.settled", "dispute.credited", "dispute.closed",
    ]  # fmt: skip
    by_type = dict(await support.published())
    assert (by_type["dispute.credited"]["amount"]["minor"], by_type["dispute.closed"]["outcome"]) == (6_000, "credited")
    assert "cracked" not in str(await support.published())


async def test_what_the_machine_has_no_arrow_for_is_a_conflict(http: httpx.AsyncClient, support: Support) -> None:
    path = await raised(http, support)
    answer = await step(http, path, "settled")
    assert (answer.status_code, answer.json()["state"]["allowed"]) == (409, ["acknowledged", "closed"])
    await step(http, path, "closed")
    for refused in (
        await step(http, path, "acknowledged"),
        await http.patch(path, json={"owner": "staff-3", "agent": "staff-1"}),
        await http.post(f"{path}/evidence", json={"kind": "sale", "reference": "s-1", "agent": "staff-1"}),
    ):
        assert (refused.status_code, refused.json()["state"]["allowed"]) == (409, [])
    assert (await http.get(path)).json()["outcome"] == "withdrawn"
    assert await told(support) == ["dispute.raised", "dispute.closed"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"party_id": str(uuid4())}, "body.party_id"),
        ({"ticket_id": str(uuid4())}, "body.ticket_id"),
        ({"agreement_id": str(uuid4())}, "body.agreement_id"),
        ({"due_at": NOW.isoformat()}, "body.due_at"),
        ({"amount": {"minor": -1, "currency": "DKK"}}, "body.amount"),
        ({"amount": {"minor": 2**53, "currency": "DKK"}}, "body.amount.minor"),
        ({"sale_id": "s-1"}, "body"),
        ({"obligation": "delivery-time"}, "body"),
        ({"owner": "Ada Holm"}, "body.owner"),
        ({"text": " "}, "body.text"),
    ],
)
async def test_what_cannot_be_disputed_is_refused_by_its_field(
    http: httpx.AsyncClient, support: Support, fields: dict[str, Any], field: str
) -> None:
    await support.heard(described())
    body = {"party_id": str(party_id(1)), "cause": "quality", "agent": "staff-1"} | fields
    answer = await http.post("/v1/disputes", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert await told(support) == []


async def test_a_dispute_is_about_what_belongs_to_its_party_or_who_it_was_merged_with(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(requested(2, event_id="other"), described(2, version=2, merged_into=1))
    signed = AgreementSigned(
        party_id=party_id(2), agreement_id=uuid4(), starts_at=NOW, recorded_at=NOW, relationship_manager=None
    )
    await support.followed(
        decoded("crm.agreements", "crm.agreement.signed.v1", signed, key=str(party_id(2)), at=NOW, now=NOW)
    )
    fields: dict[str, Any] = {"ticket_id": str(derived_id("ticket", "other")), "agreement_id": str(signed.agreement_id)}
    path = await raised(http, support, obligation="delivery-time", **fields)
    of_family = (await http.get(f"/v1/disputes?party_id={party_id(2)}&open=true")).json()["items"]
    assert [each["id"] for each in of_family] == [path.rpartition("/")[2]]
    assert (await http.get("/v1/disputes?open=false")).json()["items"] == []


async def test_amounts_keep_to_what_was_disputed_and_agreed(http: httpx.AsyncClient, support: Support) -> None:
    path = await raised(http, support)
    await step(http, path, "acknowledged")
    assert (await step(http, path, "investigating", amount=MONEY)).status_code == 422
    await step(http, path, "investigating")
    assert (await step(http, path, "proposed", amount={"minor": 1, "currency": "EUR"})).status_code == 422
    assert (await step(http, path, "proposed")).status_code == 422
    await step(http, path, "proposed", text="We bring you a new one.")
    await step(http, path, "settled")
    assert (await step(http, path, "credited")).status_code == 422  # no money was agreed on
    bare = await raised(http, support, 2, amount=None)
    for status in ("acknowledged", "investigating"):
        await step(http, bare, status)
    assert (await step(http, bare, "credited")).status_code == 422
    answer = await step(http, bare, "credited", amount={"minor": 2**53 - 1, "currency": "EUR"})
    assert (answer.status_code, (await http.get(bare)).json()["steps"][-1]["amount"]["minor"]) == (200, 2**53 - 1)


async def test_a_deadline_that_passes_is_told_once_and_anew_for_another(
    http: httpx.AsyncClient, support: Support
) -> None:
    hour = timedelta(hours=1)
    path = await raised(http, support, due_at=(NOW + hour).isoformat())
    decided = await raised(http, support, 2, due_at=(NOW + hour).isoformat())
    await step(http, decided, "acknowledged")
    await step(http, decided, "rejected")
    await support.pass_time(NOW + hour)
    await support.pass_time(NOW + 2 * hour)
    assert (await told(support)).count("dispute.overdue") == 1
    later = (NOW + 3 * hour).isoformat()
    answer = await http.patch(
        path, json={"due_at": later, "owner": None, "agent": "staff-1"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["state"]["version"]) == (409, 2)
    answer = await http.patch(path, json={"due_at": later, "agent": "staff-1"}, headers={"If-Match": '"2"'})
    assert answer.status_code == 200
    await step(http, decided, "investigating")  # what is looked into once more has a deadline again
    await support.pass_time(NOW + 4 * hour)
    assert (await told(support)).count("dispute.overdue") == 3
    assert (await http.get(path)).json()["overdue_at"] is not None


async def test_of_several_who_decide_at_once_one_does(http: httpx.AsyncClient, support: Support) -> None:
    path = await raised(http, support)
    await step(http, path, "acknowledged")
    answers = await asyncio.gather(*(step(http, path, "rejected") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert (await told(support)).count("dispute.rejected") == 1


async def test_an_erased_party_disputes_without_words(http: httpx.AsyncClient, support: Support) -> None:
    path = await raised(http, support, text="The lamp is cracked.")
    await http.post(f"{path}/evidence", json={"kind": "statement", "text": "A picture.", "agent": "staff-1"})
    await support.heard(erased())
    view = (await http.get(path)).json()
    assert [each["text"] for each in [*view["steps"], *view["evidence"]]] == [None, None]
    confirmed = [data for type_, data in await support.published() if type_ == "erasure.confirmed"]
    assert {"what": "dispute", "count": 2} in confirmed[0]["forgotten"]
    await step(http, path, "acknowledged", text="Again cracked.")
    await http.post(f"{path}/evidence", json={"kind": "statement", "text": "Another.", "agent": "staff-1"})
    assert "cracked" not in str((await http.get(path)).json())
    body = {"party_id": str(party_id(1)), "cause": "price", "agent": "staff-1"}
    assert (await http.post("/v1/disputes", json=body)).status_code == 409


async def test_disputes_come_back_from_their_topic(http: httpx.AsyncClient, support: Support) -> None:
    """In any number of batches and readings; texts are lost."""
    path = await raised(http, support, due_at=(NOW + timedelta(hours=1)).isoformat())
    await http.post(f"{path}/evidence", json={"kind": "sale", "reference": "s-1", "agent": "staff-1"})
    for status, fields in (("acknowledged", {}), ("investigating", {}), ("proposed", {"amount": MONEY})):
        await step(http, path, status, **fields)
    await http.patch(path, json={"owner": "staff-7", "agent": "staff-1"})
    await support.pass_time(NOW + timedelta(hours=2))
    before = (await http.get(path)).json()
    events = []
    for type_, key, data in await support.published_by_key():
        known = find_contract("crm.tickets", f"crm.{type_}.v1")
        assert known is not None
        read = known.adapter.validate_python(data)
        events.append(decoded("crm.tickets", known.type, read, key=key, at=read.recorded_at, now=NOW))
    await support.clear()
    async with support.transaction() as tx:
        await take_back_tickets(events[:3], tx)
        await take_back_tickets(events[1:], tx)
        await take_back_tickets(events, tx)
    assert (await http.get(path)).json() == before
    await support.pass_time(NOW + timedelta(hours=3))
    assert await told(support) == []  # that the deadline had passed was told before


async def test_a_timer_of_a_dispute_that_is_gone_does_nothing(support: Support) -> None:
    async with support.transaction() as tx:
        await tx.set_timers("disputes", [(UUID(int=5), 0, NOW)])
    assert await fire_due(group, support.ledger, "disputes", dict.fromkeys(range(12), NOW), 10, lambda _: True) == 1
    assert await told(support) == []


async def test_what_is_disputed_already_is_not_raised_twice(http: httpx.AsyncClient, support: Support) -> None:
    """By whoever of those who are one customer, until it is closed; for another cause it is another dispute."""
    sale: dict[str, Any] = {"origin": "/shop", "sale_id": "s-1"}
    path = await raised(http, support, **sale)
    body = {"party_id": str(party_id(1)), "cause": "quality", "agent": "staff-2", **sale}
    answer = await http.post("/v1/disputes", json=body)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "already_raised")
    assert f"/v1/disputes/{answer.json()['state']['id']}" == path
    await support.heard(described(2, merged_into=1))
    assert (await http.post("/v1/disputes", json=body | {"party_id": str(party_id(2))})).status_code == 409
    others = [body | {"sale_id": "s-2"}, body | {"cause": "price"}, body | {"origin": None, "sale_id": None}]
    assert [(await http.post("/v1/disputes", json=each)).status_code for each in (*others, others[2])] == [201] * 4
    await step(http, path, "closed")
    answers = await asyncio.gather(*(http.post("/v1/disputes", json=body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_after_a_settlement_nothing_is_offered_and_nothing_else_is_paid(
    http: httpx.AsyncClient, support: Support
) -> None:
    path = await raised(http, support, amount={"minor": 2**53 - 1, "currency": "DKK"})
    most, euro = {"minor": 2**53 - 1, "currency": "DKK"}, {"minor": 1, "currency": "EUR"}
    for status in ("acknowledged", "investigating"):
        await step(http, path, status)
    assert [(await step(http, path, "proposed", amount=each)).status_code for each in (euro, most)] == [422, 200]
    assert (await step(http, path, "proposed", amount={"minor": 2**53, "currency": "DKK"})).status_code == 422
    assert (await step(http, path, "countered", amount=euro)).status_code == 422
    assert (await step(http, path, "settled")).status_code == 200
    for status in ("countered", "proposed", "settled", "rejected"):
        assert (await step(http, path, status, amount=most)).status_code == 409
    less = {"minor": 1, "currency": "DKK"}
    answers = [(await step(http, path, "credited", amount=each)).status_code for each in (less, euro, most)]
    assert answers == [422, 422, 200]
    assert (await http.get(path)).json()["offer"] == most

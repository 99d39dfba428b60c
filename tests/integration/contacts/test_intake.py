"""Facts from outside are published again under the key of their party, each once."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.engine.event import Event
from shared.errors import BadRecord, Conflict, NoIdentity
from tests.integration.contacts.running import ADA, NOW, SHOP_81, Contacts, reported, sale


async def test_a_sale_of_a_known_party_is_one_record(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA, SHOP_81, name="Ada Holm"))
    await contacts.pool.execute("delete from outbox")

    await contacts.accept(sale("s-2", ADA, SHOP_81, name="A. Holm", at=NOW + timedelta(hours=1)))

    assert await contacts.types() == ["sale.completed"]


async def test_the_same_sale_again_is_counted_and_not_published(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-1", ADA))
    await contacts.accept(sale("s-1", ADA, at=NOW + timedelta(hours=1)))
    await contacts.accept(sale("s-1", ADA, source="/other"))
    assert [data.origin for data in await contacts.of_type("sale.completed")] == ["/shop", "/other"]


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
    assert await contacts.types() == ["party.registered", "party.described", "sale.refunded"]


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
    assert (await contacts.types())[2:8] == [
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


async def test_a_text_is_read_by_the_event_that_speaks_of_it(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party = {"identities": [ADA]}
    await contacts.accept(
        reported("interaction.recorded", party=party, channel="phone", direction="inbound", summary="likes tea")
    )
    event = next(event for event in await contacts.relayed() if event.type == "crm.interaction.recorded.v1")
    answer = (await http.get(f"/v1/interactions/{event.id}")).json()
    assert answer["texts"] == [{"kind": "summary", "text": "likes tea"}]
    assert (await http.get(f"/v1/interactions/{uuid4()}")).status_code == 404


async def test_every_text_that_is_kept_can_be_read(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party = {"identities": [ADA]}
    consent: dict[str, Any] = {"party": party, "purpose": "marketing", "channel": "email", "evidence": "ticked"}
    sentence = "she called from her new address"
    await contacts.accept(
        reported("interaction.recorded", party=party, channel="phone", direction="inbound", summary="likes tea"),
        reported("survey.answered", party=party, survey="csat", value=6, text="fine"),
        reported("consent.given", **consent),
        reported("sale.refunded", party=party, sale_id="s", total={"minor": 1, "currency": "DKK"}, reason=sentence),
    )
    kept = await contacts.rows("select event_id, kind, body from fact_text")
    assert {row["kind"] for row in kept} == {"summary", "answer", "evidence", "reason"}
    for row in kept:
        answer = await http.get(f"/v1/interactions/{row['event_id']}")
        assert answer.json()["texts"] == [{"kind": row["kind"], "text": row["body"]}]


async def test_the_same_sale_in_other_words_is_a_duplicate(contacts: Contacts) -> None:
    price = {"minor": 5, "currency": "DKK"}
    a, b = ({"sku": sku, "quantity": 1, "unit_price": price} for sku in "AB")

    def said(*lines: dict[str, Any], **more: Any) -> Event[Any]:
        return reported(
            "sale.completed",
            party={"identities": [ADA]},
            sale_id="s-1",
            channel="web",
            total=price,
            lines=list(lines),
            **more,
        )

    await contacts.accept(said(a, b), said(b, a, store=""))
    await contacts.accept(said({**a, "discount": {"minor": 0, "currency": "DKK"}}, b, store=None))
    assert len(await contacts.of_type("sale.completed")) == 1
    with pytest.raises(Conflict):
        await contacts.accept(said(a, a, b))

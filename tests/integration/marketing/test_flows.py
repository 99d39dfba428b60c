"""Campaigns that have a state, from the topic to the letter, on the real database and a real maildir."""

from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from services.marketing.subscriptions import follow_ups
from shared.engine.timers import fire_due
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    HOUR,
    NOW,
    chosen,
    consent,
    definition,
    described,
    erased,
    flow,
    product,
    refund,
    sale,
    score,
    send,
    stage,
    ticket_closed,
    ticket_opened,
)
from tests.unit.marketing.test_flow_dates import END, SAME, agreed, terminated

CARTED = {"event": "product.chosen", "where": {"intent": "carted"}}
BOUGHT = {"event": "sale.completed", "match": {"lines.sku": "sku"}}
LEFT = flow("cart-left", CARTED, send("PT4H"), exit_on=[BOUGHT], entry={"key": "sku"})


async def test_a_cart_that_is_left_leads_to_one_letter(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    texts = {"": {"subject": "Your {{ product }}", "body": "{{ products | join(', ') }} {{ sale_id }}"}}
    steps = [{"wait": "PT4H", "content": [{"template": "left", "texts": texts}]}]
    await marketing.publish(flow("cart-left", CARTED, *steps, exit_on=[BOUGHT], entry={"key": "sku"}), definition())
    carted, bought, allowed = chosen("A-17"), sale("s-1", BOB, at=NOW + HOUR), consent()
    await marketing.heard(product("A-17", "TOYS", "Lamp"), described(), described(BOB), allowed, consent(BOB))
    await marketing.heard(carted, chosen("A-17", BOB), chosen("A-17", intent="viewed"))
    await marketing.heard(bought)
    await marketing.heard(carted)

    assert await marketing.pass_time(NOW + DAY) == 2
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(f.read_bytes(), policy=default) for f in (tmp_path / "new").iterdir()]
    assert sorted(letter["Subject"] for letter in letters) == ["Thank you, Ada", "Your Lamp"]

    told = [(kind, data) for kind, data in await marketing.published() if data["campaign"] == "cart-left"]
    kinds = ["campaign.published"] + ["enrolment.started", "message.planned"] * 2
    assert [kind for kind, _ in told] == [*kinds, "enrolment.exited", "message.skipped", "message.sent"]
    exited, skipped, sent = [data for _, data in told[-3:]]
    assert (exited["party_id"], exited["reason"], exited["deciding_event_id"]) == (str(BOB), "exited", bought.id)
    assert (skipped["reason"], skipped["deciding_event_ids"]) == ("exited", [bought.id])
    assert (sent["party_id"], sent["trigger_event_id"], sent["consent_event_id"]) == (str(ADA), carted.id, allowed.id)

    shown = (await http.get(f"/v1/messages/{sent['message_id']}")).json()
    assert (shown["outcome"], shown["sale_id"], shown["campaign"]) == ("sent", None, "cart-left")
    listed = (await http.get("/v1/messages", params={"party_id": str(ADA)})).json()["items"]
    assert [each["message_id"] for each in listed] == [sent["message_id"]]
    state = (await http.get(f"/v1/enrolments/{exited['enrolment_id']}")).json()
    assert (state["reason"], state["deciding_event_id"], state["key"]) == ("exited", bought.id, "A-17")
    counts = (await http.get("/v1/campaigns/cart-left/flow")).json()
    assert sorted((each["reason"], each["enrolments"]) for each in counts) == [("completed", 1), ("exited", 1)]
    audit = (await http.get("/v1/audit/follow-ups")).json()
    assert (audit["sales"], audit["one"], audit["missing"], audit["double"]) == (1, 1, 0, 0)


async def test_a_letter_that_waits_for_its_sender_is_taken_back(marketing: Marketing, tmp_path: Path) -> None:
    """One that is being sent at that moment is not."""
    await marketing.publish(LEFT)
    await marketing.heard(described(), consent(), described(BOB), consent(BOB), chosen("A-17"), chosen("A-17", BOB))
    await marketing.pass_time(NOW + 4 * HOUR)
    await marketing.pool.execute("update dispatch set owner = gen_random_uuid() where party_id = $1", BOB)
    # They are cleared, and their flows have not been woken: what happened before they were due comes late.
    await marketing.pool.execute(
        "update flow set ended_at = null, reason = null, wakes_at = $1, step = 1", NOW + 4 * HOUR
    )
    await marketing.heard(sale("s-1", at=NOW + HOUR), sale("s-2", BOB, at=NOW + HOUR))
    rows = await marketing.rows("select m.party_id, m.outcome, d.owner is not null as begun from message m "
        "left join dispatch d on d.message_id = m.id where m.campaign = 'cart-left' order by m.party_id")  # fmt: skip
    assert rows == [
        {"party_id": ADA, "outcome": "skipped", "begun": False},
        {"party_id": BOB, "outcome": None, "begun": True},
    ]
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 0


async def test_conditions_ask_what_others_said_of_the_party(marketing: Marketing) -> None:
    """A branch by each kind of fact that is kept, each with a party for which it holds."""
    arms = [
        {"when": {"party.stage": "lapsed"}, "go": "a"},
        {"when": {"party.band.churn": "high"}, "go": "b"},
        {"when": {"party.ticket_open": True}, "go": "c"},
        {"when": {"party.sales": {"at_least": 1}}, "go": "d"},
    ]
    exits = [{"id": name, "exit": f"by-{name}"} for name in "abcd"]
    await marketing.publish(flow("f", CARTED, {"branch": arms}, {"exit": "by-none"}, *exits), definition())
    parties = [ADA, BOB, *_others(3)]
    facts = [
        stage("lapsed", parties[0], at=NOW - HOUR),
        stage("purchase", parties[0], at=NOW - 2 * HOUR),
        score(0.9, parties[1]),
        score(0.1, parties[1], at=NOW - DAY),
        ticket_opened(parties[2], at=NOW - HOUR),
        sale("s-1", parties[3], at=NOW - HOUR),
    ]
    await marketing.heard(*facts, *(described(party) for party in parties))
    await marketing.heard(*(chosen("A", party) for party in parties))
    rows = await marketing.rows("select party_id, reason from flow")
    reasons = {row["party_id"]: row["reason"] for row in rows}
    assert [reasons[party] for party in parties] == ["by-a", "by-b", "by-c", "by-d", "by-none"]


def _others(count: int) -> list[UUID]:
    return [UUID(int=0xC0FFEE << 64 | n | 4 << 76 | 2 << 62) for n in range(1, count + 1)]


async def test_tickets_stages_and_time_move_an_enrolment_and_a_skip_ends_it(marketing: Marketing) -> None:
    awaited = {"wait_for": {"event": "ticket.opened", "within": "P2D", "otherwise": "late"}, "go": "asked"}
    asked = {"id": "asked", "exit": "asked"}
    steps = [send("PT1H"), awaited, asked, send("PT0S", id="late"), {"wait": "P30D"}]
    await marketing.publish(flow("win-back", {"event": "lifecycle.changed", "where": {"current": "lapsed"}}, *steps))
    await marketing.heard(
        described(), consent(), described(BOB), stage("lapsed"), stage("lapsed", BOB), stage("purchase")
    )
    await marketing.pass_time(NOW + 2 * HOUR)
    assert await marketing.rows("select party_id, step, reason from flow order by party_id") == [
        {"party_id": ADA, "step": 2, "reason": None},
        {"party_id": BOB, "step": 2, "reason": "no_consent"},
    ]
    await marketing.heard(ticket_opened(BOB, at=NOW + 3 * HOUR), ticket_closed(at=NOW + 3 * HOUR))
    await marketing.pass_time(NOW + 3 * DAY)
    planned = [
        (each["party_id"], each["step"]) for kind, each in await marketing.published() if kind == "message.planned"
    ]
    assert planned == [(str(ADA), 1), (str(BOB), 1), (str(ADA), 4)]
    await marketing.heard(erased())
    await marketing.pass_time(NOW + 50 * DAY)
    rows = await marketing.rows("select reason from flow where party_id = $1", ADA)
    assert rows == [{"reason": "completed"}]


async def test_running_enrolments_finish_on_their_version(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(LEFT)
    await marketing.heard(described(), consent(), chosen("A"))
    newer = flow("cart-left", CARTED, send("P3D"), entry={"key": "sku"})
    assert await marketing.publish(newer) == ["cart-left"]
    await marketing.heard(chosen("B"), chosen("A", at=NOW + HOUR))
    await marketing.heard(sale("s-1", at=NOW + 2 * HOUR, skus=("A", "B")))
    rows = await marketing.rows("select key, version, reason from flow order by key")
    assert rows == [{"key": "A", "version": 1, "reason": "exited"}, {"key": "B", "version": 2, "reason": None}]
    assert (await http.get("/v1/campaigns/cart-left/flow", params={"version": 1})).json() == [
        {"step": 1, "reason": "exited", "enrolments": 1}
    ]


async def test_a_follow_up_that_goes_on_is_one_follow_up_for_each_sale(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """Held out, left before its first message, or sent and gone on: missing and double stay 0."""
    steps = [send("PT1H"),
             {"wait_for": {"event": "ticket.opened", "within": "P7D"}, "go": "end"}, send("PT0S")]  # fmt: skip
    left = [{"event": "sale.refunded", "match": {"sale_id": "sale_id", "origin": "origin"}}]
    await marketing.publish(definition(steps=steps, exit_on=left, holdout=50))
    parties = _others(40)
    await marketing.heard(*(described(party) for party in parties), *(consent(party) for party in parties))
    await marketing.heard(*(sale(f"s-{n}", party) for n, party in enumerate(parties)))
    await marketing.heard(
        *(refund(f"s-{n}", party, at=NOW + HOUR / 2) for n, party in enumerate(parties) if n % 4 == 0)
    )
    await marketing.heard(*(ticket_opened(party, at=NOW + DAY) for n, party in enumerate(parties) if n % 4 == 1))
    await marketing.pass_time(NOW + 20 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        letters = await sender.send_batch()
    audit = (await http.get("/v1/audit/follow-ups")).json()
    held, exited, one = audit["skipped"]["holdout"], audit["skipped"]["exited"], audit["one"]
    assert held + exited + one == audit["sales"] == 40
    assert (audit["missing"], audit["double"], audit["waiting"]) == (0, 0, 0)
    rows = await marketing.rows("select count(*) as n from message where step = 3 and outcome = 'sent'")
    assert 0 < rows[0]["n"] == letters - one < one
    assert min(held, exited) > 0


@pytest.mark.parametrize("first", ["message", "flow"])
async def test_a_last_message_that_is_skipped_leaves_the_enrolment_completed_whichever_timer_comes_first(
    marketing: Marketing, first: str
) -> None:
    """Nothing is left early then, so nothing says so."""
    await marketing.publish(flow("offer", "sale.completed", send("PT1H"), exit_on=[{"event": "sale.refunded"}]))
    await marketing.heard(described(), sale("s"))
    marketing.now = NOW + 2 * HOUR
    for name in ("messages", "flows") if first == "message" else ("flows", "messages"):
        await fire_due(follow_ups, marketing.ledger, name, dict.fromkeys(range(12), marketing.now), 9, lambda _: True)
    assert await marketing.rows("select reason from flow") == [{"reason": "completed"}]
    assert await marketing.rows("select outcome, reason from message where campaign = 'offer'") == [
        {"outcome": "skipped", "reason": "no_consent"}
    ]
    assert "enrolment.exited" not in [kind for kind, _ in await marketing.published()]


async def test_a_date_that_an_agreement_says_leads_to_a_letter_and_moves_with_it(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """At the hour of the party's own clock, also once the campaign was stopped long ago; a terminated one to none."""
    dated: dict[str, Any] = {"event": "agreement.signed", "date": "ends_at", "offset": "-P7D", "at": "09:00"}
    dated |= {"moved_by": [{"event": "agreement.amended", "match": SAME}]}
    ended = [{"event": "agreement.terminated", "match": SAME}]
    renewal = flow("renewal", dated, send("PT0S"), entry={"key": "agreement_id"}, exit_on=ended)
    await marketing.publish(definition(), renewal)
    await marketing.heard(described(), consent(), described(BOB), consent(BOB))
    await marketing.pool.execute("update party set time_zone = 'Asia/Tokyo' where id = $1", ADA)
    await marketing.heard(agreed(), agreed(number=2, party=BOB))
    (shown,) = await marketing.rows("select id, wakes_at from flow where party_id = $1", ADA)
    state = (await http.get(f"/v1/enrolments/{shown['id']}")).json()
    assert (state["step"], state["reason"], state["dated_at"]) == (0, None, state["wakes_at"])
    assert shown["wakes_at"] == (END - 7 * DAY).replace(hour=0), "nine o'clock in Tokyo"

    await marketing.publish(definition())
    await marketing.pass_time(NOW + 50 * DAY)
    await marketing.publish(definition())
    await marketing.heard(agreed(END + 300 * DAY, amended=True, at=NOW + 50 * DAY))
    await marketing.heard(terminated(2, at=NOW + 51 * DAY, party=BOB))
    await marketing.pass_time(END + 200 * DAY)
    assert [kind for kind, _ in await marketing.published() if kind == "message.planned"] == []
    await marketing.pass_time(END + 300 * DAY)
    planned = [data for kind, data in await marketing.published() if kind == "message.planned"]
    due_at = (END + 293 * DAY).replace(hour=0)
    assert [(each["party_id"], datetime.fromisoformat(each["due_at"])) for each in planned] == [(str(ADA), due_at)]
    rows = await marketing.rows("select party_id, outcome, reason, triggered_at from message")
    assert rows == [{"party_id": ADA, "outcome": None, "reason": None, "triggered_at": due_at}]
    assert {row["reason"] for row in await marketing.rows("select reason from flow")} == {"completed", "exited"}

    await marketing.publish(definition())
    assert await marketing.rows("select from campaign where name = 'renewal' and flow") == []


async def test_a_year_after_a_sale_its_letter_says_when_it_was_bought(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    texts = {"": {"subject": "A year", "body": "Bought on {{ bought_on | date }}."}}
    steps = [{"wait": "PT0S", "content": [{"template": "year", "texts": texts}]}]
    yearly = flow("yearly", {"event": "sale.completed", "offset": "P365D", "at": "09:00"}, *steps)
    await marketing.publish(yearly, definition(steps=[send("P300D")]))
    bought = sale("s-1")
    await marketing.heard(described(), consent(), bought)
    await marketing.pass_time(NOW + 366 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(f.read_bytes(), policy=default) for f in (tmp_path / "new").iterdir()]
    (letter,) = [each for each in letters if each["Subject"] == "A year"]
    body = letter.get_body(("plain",))
    assert body is not None
    assert "2026" in body.get_content()
    assert "2027" not in body.get_content()
    listed = (await http.get("/v1/messages", params={"trigger_event_id": bought.id})).json()["items"]
    assert sorted((each["campaign"], each["outcome"]) for each in listed) == [("thanks", "sent"), ("yearly", "sent")]

"""What stands against a message on the real database: boundaries, disputes, stopped addresses, caps and quiet hours."""

from dataclasses import replace
from datetime import time
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from services.marketing.audit.store import Span, list_unconsented
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.settings import Cap, Context, QuietHours
from shared.engine.postgres import PostgresTransaction
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    boundary,
    consent,
    definition,
    described,
    dispute,
    sale,
)


async def reasons(marketing: Marketing) -> list[tuple[str, str | None]]:
    rows = await marketing.rows("select s.sale_id, m.reason, m.deciding_event_ids::text[] as by from message m "
        "join sale s on s.trigger_event_id = m.trigger_event_id order by s.sale_id")  # fmt: skip
    return [(row["sale_id"], row["reason"]) for row in rows]


async def test_boundaries_and_disputes_hold_and_name_what_decided(marketing: Marketing) -> None:
    await marketing.publish(definition(), definition("bold", follow_up=False, skip={"dispute_open": False}))
    people = [ADA, BOB, CAY]
    await marketing.heard(*(described(p) for p in people), *(consent(p) for p in people))
    forbidden, raised = boundary(ADA), dispute(BOB)
    await marketing.heard(forbidden, raised, boundary(CAY), boundary(CAY, allowed=True, at=NOW + HOUR / 2))
    await marketing.heard(dispute(CAY), dispute(CAY, closed=True, at=NOW + HOUR / 2))
    await marketing.heard(sale("a"), sale("b", BOB), sale("c", CAY))
    await marketing.pass_time(NOW + DAY)
    told = {(data["campaign"], data["party_id"]): (data["reason"], data["deciding_event_ids"])
            for kind, data in await marketing.published() if kind == "message.skipped"}  # fmt: skip
    assert told == {
        ("thanks", str(ADA)): ("boundary", [forbidden.id]),
        ("bold", str(ADA)): ("boundary", [forbidden.id]),
        ("thanks", str(BOB)): ("dispute_open", [raised.id]),
    }


async def test_an_address_that_is_stopped_is_stopped_for_everybody_who_has_it(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), described(BOB), described(CAY, email="cay@example.com"))
    await marketing.heard(consent(), consent(BOB), consent(CAY), sale("one"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1
    (message,) = [data for kind, data in await marketing.published() if kind == "message.sent"]
    path = f"/v1/messages/{message['message_id']}/bounces"
    address = {"email": "ADA@example.com"}
    assert (await http.post(path, json={"kind": "soft", "code": "4.2.2"})).json() == {"stopped": False}
    assert (await http.post("/v1/suppressions/find", json=address)).json()["stopped"] is False
    assert (await http.post(path, json={"kind": "hard"})).json() == {"stopped": True}
    assert (await http.post(f"/v1/messages/{ADA}/bounces", json={"kind": "hard"})).status_code == 404
    shown = (await http.post("/v1/suppressions/find", json=address)).json()
    assert (shown["reason"], shown["cause"]) == ("hard_bounce", message["message_id"])
    kinds = [(kind, data.get("bounce")) for kind, data in await marketing.published()]
    assert kinds[-2:] == [("message.bounced", "soft"), ("message.bounced", "hard")]

    await marketing.heard(sale("ada", at=NOW + DAY), sale("bob", BOB, at=NOW + DAY), sale("cay", CAY, at=NOW + DAY))
    await marketing.pass_time(NOW + 2 * DAY)
    assert await reasons(marketing) == [("ada", "suppressed"), ("bob", "suppressed"), ("cay", None), ("one", None)]
    lift = {**address, "because": "reachable", "agent": "agent-1"}
    let_go = (await http.post("/v1/suppressions/lift", json=lift)).json()
    assert (let_go["stopped"], let_go["lifted"]["because"], let_go["lifted"]["agent"]) == (
        False,
        "reachable",
        "agent-1",
    )
    assert let_go["lifted"]["stopped_by"] == "hard_bounce"
    assert (await http.post("/v1/suppressions/lift", json=address)).json()["lifted"] == let_go["lifted"]
    assert (await http.post("/v1/suppressions/lift", json={**address, "because": "because"})).status_code == 422
    assert (await http.post("/v1/suppressions", json=address)).json()["reason"] == "listed"
    assert [kind for kind, _ in await marketing.published()][-2:] == ["address.lifted", "address.stopped"]
    told = await marketing.rows("select key, subject, convert_from(payload, 'UTF8') as told from outbox")
    assert not any("ada@" in str(row).lower() or sha256(b"ada@example.com").hexdigest() in str(row) for row in told)


async def test_three_soft_bounces_of_an_address_within_a_month_stop_it(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), *(sale(f"s-{n}") for n in range(4)))
    await marketing.pass_time(NOW + DAY)
    ids = [row["id"] for row in await marketing.rows("select id from message order by id")]
    answers = []
    for id_, days in zip([ids[0], ids[0], ids[1], ids[2], ids[3]], (0, 1, 31, 32, 40), strict=True):
        marketing.now = NOW + days * DAY
        answers.append((await http.post(f"/v1/messages/{id_}/bounces", json={"kind": "soft"})).json()["stopped"])
    assert answers == [False, False, False, False, True]


@pytest.mark.parametrize("together", [True, False])
async def test_a_cap_leaves_the_room_to_the_campaign_that_matters_more(marketing: Marketing, together: bool) -> None:
    context = marketing.sender_context
    marketing.context = Context(True, context.public_url, context.unsubscribe_secret, caps=(Cap(most=2, days=2),))
    marketing.transaction = marketing.ledger_of(marketing.pool).transaction
    marketing.ledger = marketing.ledger_of(marketing.pool)
    named = {"a-low": 1, "high": 9, "mid": 5}
    await marketing.publish(*(definition(name, follow_up=name == "high", priority=p) for name, p in named.items()),
                            definition("order", follow_up=False, purpose="service"))  # fmt: skip
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + 2 * HOUR)
    if not together:
        await marketing.heard(sale("s-2", at=NOW + DAY))
        await marketing.pass_time(NOW + DAY + 2 * HOUR)
        await marketing.heard(sale("s-3", at=NOW + 3 * DAY))
        await marketing.pass_time(NOW + 3 * DAY + 2 * HOUR)
    rows = await marketing.rows("select s.sale_id, m.campaign from message m join sale s using (trigger_event_id) "
        "where m.reason = 'frequency_cap' order by s.sale_id, m.campaign")  # fmt: skip
    first = [("s-1", "a-low")]
    later = [("s-2", name) for name in named] + [("s-3", "a-low")]
    assert [(row["sale_id"], row["campaign"]) for row in rows] == (first if together else first + later)
    counted = await marketing.rows("select messages from message_day where messages > 0 order by day")
    assert [row["messages"] for row in counted] == ([2] if together else [2, 2])


async def test_in_quiet_hours_a_message_waits_for_the_partys_morning(marketing: Marketing) -> None:
    context = marketing.sender_context
    quiet = QuietHours(time(12), time(16), "UTC")
    marketing.context = Context(True, context.public_url, context.unsubscribe_secret, quiet=quiet)
    marketing.ledger = marketing.ledger_of(marketing.pool)
    marketing.transaction = marketing.ledger.transaction
    await marketing.publish(definition(), definition("order", follow_up=False, purpose="service"))
    far = described(BOB)
    far.data = replace(far.data, time_zone="Asia/Tokyo")
    await marketing.heard(described(), consent(), sale("s-1"), far, consent(BOB), sale("s-2", BOB))
    await marketing.pass_time(NOW + 2 * HOUR)
    sent = await marketing.rows("select m.campaign, d.party_id from dispatch d join message m on m.id = d.message_id")
    assert sorted((each["campaign"], each["party_id"] == BOB) for each in sent) == [
        ("order", False), ("order", True), ("thanks", True)
    ]  # fmt: skip
    await marketing.heard(consent(given=False, at=NOW + 2 * HOUR + HOUR / 2))
    await marketing.pass_time(NOW + 4 * HOUR)
    rows = await marketing.rows("select reason from message where campaign = 'thanks' and party_id = $1", ADA)
    assert rows == [{"reason": "no_consent"}]


async def test_sends_without_a_valid_consent_are_none_and_would_be_found(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    news = definition("news", follow_up=False, topic="news")
    await marketing.publish(definition(), news, definition("order", follow_up=False, purpose="service"))
    people = [ADA, BOB, CAY]
    await marketing.heard(*(described(p) for p in people), *(sale(f"s-{p}", p) for p in people))
    await marketing.heard(consent(), consent(BOB), consent(BOB, given=False, at=NOW), consent(CAY, topic="news"))
    await marketing.heard(consent(BOB, at=NOW + HOUR / 2), consent(ADA, given=False, topic="offers", at=NOW))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 8
    await marketing.heard(consent(given=False, at=NOW + 2 * DAY))
    assert (await http.get("/v1/audit/consents")).json() == {"items": [], "next_cursor": None}

    broken = [
        "update message set consent_event_id = null where party_id = $1 and campaign = 'thanks'",
        "update consent set party_id = $1 where party_id <> $1 and topic = 'news'",
        "update consent set given = false where party_id = $1",
        "update consent set expires_at = occurred_at where party_id = $1",
        "update consent set channel = 'sms' where party_id = $1",
    ]
    found = []
    for number, statement in enumerate(broken):
        async with marketing.pool.acquire() as connection:
            change = connection.transaction()
            await change.start()
            await connection.execute(statement, ADA)
            tx = PostgresTransaction(connection, None, NOW, None)
            found.append((number, len(await list_unconsented(tx, Span(None, None), None, 50))))
            await change.rollback()
    assert found == [(0, 1), (1, 1), (2, 2), (3, 2), (4, 2)]

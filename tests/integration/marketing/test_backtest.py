"""A campaign over past sales, and the same sales with the campaign in force: both come to the same."""

from datetime import timedelta
from typing import Any

import httpx

from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    TEXTS,
    cancelled,
    consent,
    definition,
    described,
    product,
    refund,
    sale,
    ticket_opened,
)

TEXT = """name: roses
trigger: sale.completed
follow_up: true
priority: 10
when: {departments: [FLORAL]}
skip: {refunded: any, ticket_open: true}
steps:
  - {wait: PT1H, content: [{template: roses}]}
  - {wait: P3D, content: [{template: roses}]}
"""
DRAFT: dict[str, Any] = {"text": TEXT, "templates": {"roses.txt": "Subject: Roses\n\nRoses.\n"}}
SPAN: dict[str, Any] = {"from": (NOW - DAY).isoformat(), "to": (NOW + 30 * DAY).isoformat(), "limit": 500}
LATER = NOW + 20 * DAY
Became = dict[tuple[str, int], tuple[str, str | None]]


def facts() -> list[Any]:
    """Whatever decides: a withdrawal between two steps, a refund, a ticket, a cancellation, an old sale, no address."""
    strangers = [described(CAY, email=None), consent(CAY)]
    known = [described(), described(BOB, email="bob@example.com"), consent(), consent(BOB), *strangers]
    sales = [
        sale("s-1", ADA, skus=("F-1",)),
        sale("s-2", BOB, skus=("F-1",), at=NOW + HOUR),
        sale("s-3", ADA, skus=("F-1",), at=NOW + 2 * HOUR),
        sale("s-4", ADA, skus=("F-1",), at=NOW + 6 * DAY, recorded=NOW + 6 * DAY),
        sale("s-5", BOB, skus=("F-1",), at=NOW - 10 * DAY),
        sale("s-6", BOB, skus=("B-1",)),
        sale("s-7", CAY, skus=("F-1",)),
        sale("s-8", ADA, skus=("F-1",), at=NOW + 5 * DAY, recorded=NOW + 5 * DAY),
    ]
    told = [
        refund("s-3", ADA, at=NOW + DAY),
        cancelled("s-8", 2, ADA, at=NOW + 6 * DAY),
        consent(BOB, given=False, at=NOW + 2 * DAY),
        ticket_opened(ADA, at=NOW + 6 * DAY + HOUR / 2),
    ]
    return [product("F-1", "FLORAL"), product("B-1", "BOOKS"), *known, *sales, *told]


async def became(marketing: Marketing) -> Became:
    """What has become of the messages of the campaign, by sale and step."""
    rows = await marketing.rows(
        "select message.trigger_event_id::text as trigger, step, outcome, reason,"
        " dispatch.message_id is not null as cleared"
        " from message left join dispatch on dispatch.message_id = message.id where campaign = 'roses'"
    )
    waiting = {(row["trigger"], row["step"]): ("sent" if row["cleared"] else "waiting", None) for row in rows}
    ended = {(row["trigger"], row["step"]): (row["outcome"], row["reason"]) for row in rows if row["outcome"]}
    return {**waiting, **ended}


async def live(marketing: Marketing, heard: list[Any]) -> None:
    await marketing.heard(*heard)
    for hours in range(0, 20 * 24 + 1, 12):
        await marketing.pass_time(NOW + timedelta(hours=hours))


async def test_backtest_comes_to_what_the_campaign_comes_to_live(marketing: Marketing, http: httpx.AsyncClient) -> None:
    heard = facts()
    await marketing.publish(definition(steps=[{"wait": "PT2H", "content": [{"template": "t", "texts": TEXTS}]}]))
    await live(marketing, heard)
    await marketing.pool.execute("update message set outcome = 'sent', ended_at = due_at where outcome is null")
    found = (await http.post("/v1/campaigns/backtest", json=DRAFT, params=SPAN)).json()
    assert await marketing.rows("select from campaign where name = 'roses'") == []
    tried = {(each["trigger_event_id"], each["step"]): (each["outcome"], each["reason"]) for each in found["messages"]}
    assert found["sales"] == 7  # one is older than the time that is asked for
    assert found["taken"] == {"thanks": found["enrolled"]}
    assert found["near"] == {"thanks": found["sent"]}

    await marketing.clear()
    await marketing.publish(definition())
    assert (await http.post("/v1/campaigns", json=DRAFT)).status_code == 201
    await live(marketing, heard)
    old = next(each.id for each in heard if getattr(each.data, "sale_id", "") == "s-5")
    assert {key: end for key, end in (await became(marketing)).items() if key[0] != old} == tried
    assert {outcome for outcome, _ in tried.values()} == {"sent", "skipped"}
    assert {reason for _, reason in tried.values()} == {
        None, "no_consent", "refunded", "ticket_open", "cancelled", "no_address",
    }  # fmt: skip


async def test_backtest_refuses_what_it_cannot_go_over(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(definition())
    for text in (
        TEXT.replace("follow_up: true", "exit_on: [{event: sale.refunded}]"),
        TEXT.replace("wait: PT1H", "weight: 1"),
    ):
        assert (await http.post("/v1/campaigns/backtest", json={**DRAFT, "text": text}, params=SPAN)).status_code == 422
    empty = (await http.post("/v1/campaigns/backtest", json=DRAFT, params=SPAN)).json()
    assert (empty["sales"], empty["enrolled"], empty["messages"]) == (0, 0, [])

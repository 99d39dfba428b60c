"""Parties that are enrolled by hand: over HTTP, by their topic, and after a restore."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.subscriptions import follow_ups, recovery
from shared.events.campaigns import EnrolmentRequested
from shared.events.contract import contract_of
from shared.ids import derived_id
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    HOUR,
    NOW,
    consent,
    definition,
    described,
    erased,
    event,
    flow,
    send,
)

BY_HAND = "enrolment.requested"
INVITED = flow("invited", BY_HAND, send("PT1H"))
EVERYBODY = (described(), consent(), described(BOB), consent(BOB))


async def ask(
    http: httpx.AsyncClient, *parties: Any, campaign: str = "invited", key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"parties": [str(party) for party in parties]}
    return await http.post(f"/v1/campaigns/{campaign}/enrolments", json=body, headers=headers)


async def standings(marketing: Marketing) -> list[tuple[UUID, str | None]]:
    rows = await marketing.rows("select party_id, reason from flow order by party_id, triggered_at")
    return [(row["party_id"], row["reason"]) for row in rows]


async def test_each_party_is_answered_and_whoever_is_taken_enters(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(INVITED)
    nobody = derived_id("nobody")
    await marketing.heard(*EVERYBODY, described(CAY, merged_into=ADA), erased(BOB))
    answer = await ask(http, ADA, BOB, CAY, nobody)
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [(each["status"], each["why"]) for each in results] == [
        (202, None), (410, "erased"), (202, None), (404, "unknown"),
    ]  # fmt: skip
    assert [each["merged_into"] for each in results] == [None, None, str(ADA), None]
    assert results[0]["event_id"] == results[2]["event_id"]

    await marketing.pass_time(NOW)
    (enrolment,) = await marketing.rows("select id, party_id, trigger_event_id::text as by from flow")
    assert (enrolment["party_id"], enrolment["by"]) == (ADA, results[0]["event_id"])
    told = [(kind, data["party_id"]) for kind, data in await marketing.published() if "party_id" in data]
    kinds = ["enrolment.requested", "enrolment.started", "message.planned"]
    assert [each for each in told if each[0] in kinds] == [(kind, str(ADA)) for kind in kinds]

    again = await ask(http, CAY)
    assert (again.status_code, again.json()["results"][0]["enrolment_id"]) == (200, str(enrolment["id"]))
    await marketing.pass_time(NOW + 2 * HOUR)
    assert await standings(marketing) == [(ADA, "completed")]
    assert (await ask(http, ADA)).status_code == 202


async def test_whoever_was_merged_into_another_while_in_it_is_not_let_in_again_as_that_one(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(INVITED)
    await marketing.heard(*EVERYBODY)
    await ask(http, BOB)
    await marketing.pass_time(NOW)
    await marketing.heard(described(BOB, version=2, merged_into=ADA))
    for who in (ADA, BOB):
        assert [each["why"] for each in (await ask(http, who)).json()["results"]] == ["running"]
    await marketing.pass_time(NOW + 2 * HOUR)
    assert await standings(marketing) == [(BOB, "completed")]


async def test_one_customer_under_two_ids_in_two_lists_gets_one_letter(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(flow("invited", BY_HAND, send("PT0S")))
    await marketing.heard(*EVERYBODY, described(CAY, merged_into=ADA))
    for who in (CAY, ADA):
        assert (await ask(http, who)).status_code == 202
        marketing.now += HOUR
    await marketing.pass_time(marketing.now)
    assert await standings(marketing) == [(ADA, "completed")]
    assert (await ask(http, CAY)).json()["results"][0]["event_id"] is not None


async def test_a_request_that_is_sent_twice_acts_once(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(INVITED)
    await marketing.heard(*EVERYBODY)
    first, second, other = await asyncio.gather(
        ask(http, ADA, BOB, key="k"), ask(http, ADA, BOB, key="k"), ask(http, ADA)
    )
    assert first.json() == second.json()
    assert (first.status_code, other.status_code) == (202, 202)
    await marketing.pass_time(NOW)
    assert len(await marketing.rows("select from enrolment_request")) == 2, (
        "the other one is of who is asked for already"
    )
    assert sorted(await standings(marketing)) == sorted([(ADA, None), (BOB, None)])
    assert (await ask(http, ADA, key="k")).status_code == 422


@pytest.mark.parametrize(
    ("campaign", "status", "reason"),
    [("gone", 404, "not_found"), ("thanks", 409, "takes_nobody"), ("stopped", 409, "takes_nobody")],
)
async def test_a_campaign_that_takes_nobody_says_so(
    marketing: Marketing, http: httpx.AsyncClient, campaign: str, status: int, reason: str
) -> None:
    await marketing.publish(definition(), flow("stopped", BY_HAND, send("PT1H")))
    await marketing.heard(*EVERYBODY)
    (await http.post("/v1/campaigns/stopped/stop")).raise_for_status()
    answer = await ask(http, ADA, campaign=campaign)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, reason)
    assert await marketing.rows("select from enrolment_request") == []


@pytest.mark.parametrize("parties", [[], ["ada"], [ADA] * 1_001, [None]])
async def test_a_list_that_is_none_is_refused_by_its_field(http: httpx.AsyncClient, parties: list[Any]) -> None:
    answer = await ask(http, *parties)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("body.parties")


async def test_filter_policy_and_what_happens_meanwhile_hold_as_for_any_trigger(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    once = flow("once", BY_HAND, send("PT0S"), entry={"again": "never"}, filter={"party.locale": "da"})
    await marketing.publish(once, INVITED)
    await marketing.heard(*EVERYBODY, described(CAY, locale="da"))
    for _ in range(2):
        assert (await ask(http, ADA, CAY, campaign="once")).status_code == 202
        await marketing.pass_time(marketing.now + HOUR)
    assert await standings(marketing) == [(CAY, "completed")]
    (skipped,) = [data for kind, data in await marketing.published() if kind == "message.skipped"]
    assert (skipped["party_id"], skipped["reason"]) == (str(CAY), "no_consent")

    await ask(http, ADA)
    await marketing.heard(erased())
    await marketing.pass_time(marketing.now + 2 * HOUR)
    ended = [data["reason"] for kind, data in await marketing.published() if kind == "message.skipped"]
    assert ended == ["no_consent", "erased"]
    await ask(http, BOB)
    (await http.post("/v1/campaigns/invited/stop")).raise_for_status()
    await marketing.pass_time(marketing.now + HOUR)
    assert BOB not in {party for party, _ in await standings(marketing)}


class _Killed(Exception):
    """A process that ends before its commit leaves the same."""


async def _fire_and_die(marketing: Marketing, part: int) -> None:
    async with marketing.ledger.transaction(follow_ups) as tx:
        due = await tx.take_due("requests", dict.fromkeys(range(12), NOW), 500)
        await follow_ups.timers["requests"](due[part:], tx)
        raise _Killed


async def test_what_ends_before_its_commit_is_done_once_afterwards(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(INVITED)
    await marketing.heard(*EVERYBODY)
    await ask(http, ADA, BOB)
    for part in range(2):
        with pytest.raises(_Killed):
            await _fire_and_die(marketing, part)
    await marketing.pass_time(NOW)
    assert sorted(await standings(marketing)) == sorted([(ADA, None), (BOB, None)])
    kinds = [kind for kind, _ in await marketing.published()]
    assert (kinds.count("enrolment.requested"), kinds.count("enrolment.started")) == (2, 2)


async def test_after_a_restore_the_topic_tells_it_again_and_it_comes_to_the_same(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """Of one the backup knows all, of the other nothing."""
    await marketing.publish(INVITED)
    await marketing.heard(*EVERYBODY)
    await ask(http, ADA, BOB)
    await marketing.pass_time(NOW)
    everything = "select id, party_id, trigger_event_id::text from flow order by id"
    before, published = await marketing.rows(everything), await _published(marketing)
    for table in ("flow", "enrolment", "message", "entry", "enrolment_request"):
        await marketing.pool.execute(f"delete from {table} where party_id = $1", BOB)
    await marketing.pool.execute("delete from timer; delete from outbox")

    told = [
        event("crm.campaigns", contract_of(EnrolmentRequested).parse(row["payload"]), row["key"], NOW, id_=id_)
        for id_, row in published.items()
        if row["type"] == "crm.enrolment.requested.v1"
    ]
    for _ in range(2):
        await marketing.hear(recovery.subscription, told)
        await marketing.pass_time(NOW)
    assert await marketing.rows(everything) == before
    assert (await _published(marketing)).keys() == {
        id_ for id_, row in published.items()
        if row["key"] == str(BOB) and row["type"] != "crm.enrolment.requested.v1"
    }  # fmt: skip


async def _published(marketing: Marketing) -> dict[str, dict[str, Any]]:
    rows = await marketing.rows("select event_id::text as id, type, key, payload from outbox order by id")
    return {row["id"]: row for row in rows if row["type"].startswith(("crm.enrolment", "crm.message"))}

"""Segments from the topic to the list of their parties, on the real database."""

from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.segments.commands import fill_step, publish_files
from services.marketing.segments.domain.definition import Definition
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    amended,
    cancelled,
    consent,
    definition,
    described,
    erased,
    flow,
    sale,
    score,
    send,
    stage,
    ticket_closed,
    ticket_opened,
)

BUYERS = {"party.spent.DKK": {"at_least": 10_000}}


def segment(name: str = "buyers", **when: Any) -> Definition:
    return Definition(name=name, when=when or BUYERS)


async def publish(marketing: Marketing, *definitions: Definition) -> None:
    async with marketing.transaction() as tx:
        await publish_files(tx, definitions)
    await fill(marketing)


async def fill(marketing: Marketing) -> None:
    """Until everything is gone through and decided."""
    while await marketing.rows("select from segment where filled_at is null"):
        async with marketing.transaction() as tx:
            await fill_step(tx)
        await marketing.pass_time(marketing.now)


async def members(marketing: Marketing, name: str = "buyers") -> set[UUID]:
    rows = await marketing.rows("select party_id from segment_member where segment = $1 and is_in", name)
    sizes = await marketing.rows("select sum(members)::int as members from segment_size where segment = $1", name)
    assert (sizes[0]["members"] or 0) == len(rows)
    told: Counter[str] = Counter()
    for kind, data in await marketing.published():
        if kind.startswith("segment.") and data["segment"] == name:
            told[data["party_id"]] += 1 if kind == "segment.entered" else -1
    assert {UUID(party) for party, times in told.items() if times} == {row["party_id"] for row in rows}
    assert set(told.values()) <= {0, 1}
    return {row["party_id"] for row in rows}


async def told(marketing: Marketing) -> list[tuple[str, str, bool]]:
    return [
        (kind, data["party_id"], data["by_definition"])
        for kind, data in await marketing.published()
        if kind.startswith("segment.")
    ]


@pytest.mark.parametrize(
    ("when", "enters", "leaves"),
    [
        ({"party.spent.DKK": {"at_least": 10_000}}, [sale("s-1")], [cancelled("s-1", 2)]),
        ({"party.spent.DKK": {"at_least": 10_000}}, [sale("s-1")], [amended("s-1", 2, minor=100)]),
        ({"party.sales": {"at_least": 1}}, [sale("s-1")], [cancelled("s-1", 2)]),
        ({"party.stage": "lapsed"}, [stage("lapsed", at=NOW - HOUR)], [stage("purchase")]),
        ({"party.ticket_open": True}, [ticket_opened(at=NOW - HOUR)], [ticket_closed()]),
        ({"party.consent.marketing": True}, [consent(at=NOW - HOUR)], [consent(given=False, at=NOW)]),
        ({"party.band.churn": "high"}, [score(0.9, at=NOW - DAY)], [score(0.1)]),
        ({"party.score.churn": {"above": 0.5}}, [score(0.9, at=NOW - DAY)], [score(0.1)]),
        ({"party.locale": "da"}, [described(version=2, locale="da")], [described(version=3, locale="en")]),
        ({"not": {"party.sales": {"at_least": 1}}}, [described(version=2)], [sale("s-1")]),
    ],
)
async def test_whatever_is_asked_of_a_party_moves_it(
    marketing: Marketing, when: dict[str, Any], enters: list[Any], leaves: list[Any]
) -> None:
    await marketing.publish(definition())
    await publish(marketing, segment(**when), segment("others", **{"party.locale": "xx"}))
    await marketing.heard(described(), described(BOB))
    await marketing.pass_time(NOW)
    await marketing.heard(*enters)
    await marketing.heard(*enters)
    await marketing.pass_time(NOW)
    assert ADA in await members(marketing)
    await marketing.heard(*leaves)
    await marketing.pass_time(NOW)
    assert ADA not in await members(marketing)
    assert await members(marketing, "others") == set()
    assert [kind for kind, party, _ in await told(marketing) if party == str(ADA)] == [
        "segment.entered",
        "segment.left",
    ]


async def test_time_alone_moves_a_party(marketing: Marketing) -> None:
    """Each at the moment at which the answer changes, and at no other."""
    await marketing.publish(definition())
    await publish(
        marketing,
        segment("silent", **{"party.days_since_sale": {"at_least": 30, "below": 60}}),
        segment("reachable", **{"party.consent.marketing": True}),
    )
    await marketing.heard(described(), sale("s-1"), consent(expires_at=NOW + 10 * DAY))
    assert [await _in(marketing, days) for days in (0, 9, 10, 29, 30, 59, 60, 90)] == [
        {"reachable"}, {"reachable"}, set(), set(), {"silent"}, {"silent"}, set(), set(),
    ]  # fmt: skip
    entered = await marketing.rows("select since from segment_member where segment = 'silent'")
    assert entered == [{"since": NOW + 60 * DAY}]
    assert await marketing.rows("select from timer where name = 'segments'") == []


async def _in(marketing: Marketing, days: int) -> set[str]:
    await marketing.pass_time(NOW + days * DAY)
    return {name for name in ("silent", "reachable") if ADA in await members(marketing, name)}


async def test_merged_unmerged_and_erased_parties_are_followed(marketing: Marketing) -> None:
    await marketing.publish(definition())
    await publish(marketing, segment())
    await marketing.heard(described(), described(BOB), described(CAY), sale("s-1", BOB, minor=6_000))
    await marketing.heard(sale("s-2", CAY, minor=6_000))
    await marketing.pass_time(NOW)
    assert await members(marketing) == set()
    # Cay into Bob, Bob into Ada, at any distance; then Bob is another again, with Cay.
    await marketing.heard(described(CAY, version=2, merged_into=BOB))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {BOB}
    await marketing.heard(described(BOB, version=2, merged_into=ADA))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {ADA}
    await marketing.heard(described(BOB, version=3))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {BOB}
    await marketing.heard(described(CAY, version=3))
    await marketing.pass_time(NOW)
    assert await members(marketing) == set()
    await marketing.heard(sale("s-3", CAY))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {CAY}
    # Said to be merged into each other, as while one partition is behind: nobody is, until that ends.
    await marketing.heard(described(CAY, version=4, merged_into=BOB), described(BOB, version=4, merged_into=CAY))
    await marketing.pass_time(NOW)
    assert await members(marketing) == set()
    await marketing.heard(described(CAY, version=5))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {CAY}
    await marketing.heard(erased(CAY))
    await marketing.pass_time(NOW)
    assert await members(marketing) == set()


async def test_a_definition_is_filled_in_steps_and_another_version_or_a_stop_moves_its_members(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """A step that is not committed is done again; nobody who is in by the definition alone starts a campaign."""
    entering = {"event": "segment.entered", "where": {"segment": "buyers"}}
    await marketing.publish(flow("welcome", entering, send("PT1H")), definition())
    parties = [UUID(int=0xC0FFEE << 64 | n | 4 << 76 | 2 << 62) for n in range(2_500)]
    await marketing.heard(
        *(described(party) for party in parties), sale("s-1", parties[7]), sale("s-2", parties[2_400])
    )
    text = '{"name": "buyers", "when": {"party.spent.DKK": {"at_least": 10000}}}'
    answer = await http.post("/v1/segments", json={"text": text}, headers={"Idempotency-Key": "a"})
    assert (answer.status_code, answer.json()["version"]) == (201, 1)
    with pytest.raises(RuntimeError):
        await _step_that_dies(marketing)
    async with marketing.transaction() as tx:
        assert await fill_step(tx)
    shown = (await http.get("/v1/segments/buyers")).json()
    assert (shown["parties"], shown["scheduled"], shown["filled_at"]) == (2_500, 1_000, None)
    await fill(marketing)
    shown = (await http.get("/v1/segments/buyers")).json()
    assert (shown["scheduled"], shown["members"], shown["filled_at"] is None) == (2_500, 2, False)
    assert await members(marketing) == {parties[7], parties[2_400]}
    assert {by for _, _, by in await told(marketing)} == {True}
    assert await marketing.rows("select from flow") == []

    again = await http.post("/v1/segments", json={"text": text}, headers={"Idempotency-Key": "b"})
    assert (again.status_code, again.json()["changed"]) == (200, False)
    other = text.replace("10000", "13000")
    await http.post("/v1/segments", json={"text": other}, headers={"Idempotency-Key": "c"})
    await fill(marketing)
    assert await members(marketing) == set()
    await marketing.heard(sale("s-3", parties[7]))
    await marketing.pass_time(NOW)
    assert await members(marketing) == {parties[7]}
    assert [row["party_id"] for row in await marketing.rows("select party_id from flow")] == [parties[7]]
    stopped = await http.post("/v1/segments/buyers/stop", headers={"Idempotency-Key": "d"})
    assert stopped.json()["changed"]
    await fill(marketing)
    assert await members(marketing) == set()


async def _step_that_dies(marketing: Marketing) -> None:
    async with marketing.transaction() as tx:
        await fill_step(tx)
        raise RuntimeError("killed before the commit")


async def test_campaigns_begin_and_end_with_segments_and_ask_for_them(marketing: Marketing) -> None:
    entering = {"event": "segment.entered", "where": {"segment": "buyers"}}
    leaving = {"event": "segment.left", "where": {"segment": "buyers"}}
    await marketing.publish(
        flow("welcome", entering, send("PT1H"), exit_on=[leaving]),
        flow("rare", {"event": "product.chosen"}, send("PT1H"), filter={"party.segments": "buyers"}),
        definition(),
    )
    await publish(marketing, segment())
    await marketing.heard(described(), described(BOB), consent(), sale("s-1"))
    await marketing.pass_time(NOW)
    rows = await marketing.rows("select campaign, party_id, ended_at from flow")
    assert rows == [{"campaign": "welcome", "party_id": ADA, "ended_at": None}]
    await marketing.heard(cancelled("s-1", 2))
    await marketing.pass_time(NOW)
    rows = await marketing.rows("select campaign, reason from flow")
    assert rows == [{"campaign": "welcome", "reason": "exited"}]
    assert await marketing.rows("select from segment_change") == []


async def test_why_a_party_is_in_is_explained(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(definition())
    both: dict[str, Any] = {**BUYERS, "any": [{"party.locale": "da"}, {"party.kind": "person"}]}
    await publish(marketing, segment(**both))
    await marketing.heard(described(), described(BOB, version=2, merged_into=ADA), sale("s-1", BOB))
    await marketing.pass_time(NOW)
    why: dict[str, Any] = {}
    for party in (ADA, BOB):
        why = (await http.get(f"/v1/segments/buyers/parties/{party}")).json()
        assert (why["party_id"], why["is_in"], why["holds"], why["version"]) == (str(ADA), True, True, 1)
        spent = next(each for each in why["reasons"] if each["field"] == "party.spent.DKK")
        assert spent == {"field": "party.spent.DKK", "asked": {"at_least": 10_000}, "known": [12_995], "holds": True}
    listed = (await http.get("/v1/segments/buyers/parties")).json()["items"]
    assert [(each["party_id"], each["event_id"]) for each in listed] == [(str(ADA), why["event_id"])]
    assert (await http.get(f"/v1/segments/buyers/parties/{CAY}")).status_code == 404
    assert (await http.get(f"/v1/segments/none/parties/{ADA}")).status_code == 404
    assert [each["segment"] for each in (await http.get("/v1/segments")).json()["items"]] == ["buyers"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("name: a\nwhen: {party.shoes: 1}", "when"),
        ("name: a\nwhen: {party.segments: b}", "when"),
        ("name: a\nwhen: {trigger.sku: b}", "when"),
        ("name: a\nwhen: {party.sales: {at_least: .nan}}", "when"),
        ("name: a\nwhen: {}", "when"),
        ("name: A b\nwhen: {party.sales: 1}", "name"),
        ("name: a\nwhen: {party.sales: 1}\nwhem: 1", "whem"),
    ],
)
async def test_what_cannot_be_decided_is_refused_by_its_field(http: httpx.AsyncClient, text: str, field: str) -> None:
    checked = (await http.post("/v1/segments/validate", json={"text": text})).json()
    assert not checked["valid"]
    assert checked["problems"][0]["field"] == field
    refused = await http.post("/v1/segments", json={"text": text}, headers={"Idempotency-Key": text})
    assert refused.status_code == 422

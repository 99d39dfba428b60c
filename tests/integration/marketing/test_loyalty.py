"""Points from the topic to the ledger and back over HTTP, on the real database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic_core import to_json

from services.marketing.loyalty.commands import take_back
from services.marketing.loyalty.domain.programme import Programme
from services.marketing.main import ROUTERS
from services.marketing.settings import Settings
from shared.engine.event import Event
from shared.events.campaigns import PointsRedeemed
from shared.events.contract import contract_of
from tests.integration.marketing.running import Marketing
from tests.integration.running import client
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    HOUR,
    NOW,
    amended,
    cancelled,
    definition,
    described,
    erased,
    product,
    refund,
    sale,
)

CLUB = Programme.model_validate(
    {
        "name": "club",
        "valid": "P30D",
        "first_sale": 5,
        "earn": [
            {"per": {"minor": 100, "currency": "DKK"}, "points": 1},
            {"per": {"minor": 100, "currency": "DKK"}, "points": 1, "when": {"departments": ["FLORAL"]}},
        ],
        "tiers": {"mode": "marginal", "levels": [{"name": "silver", "from": 100, "percent": 150}]},
    }
)
OF_POINTS = ("points.", "tier.")


@pytest.fixture
async def club(marketing: Marketing) -> Marketing:
    """The same database, by a service with a programme."""
    await marketing.publish(definition())
    return Marketing(marketing.pool, marketing.dsn, programme=CLUB)


@pytest.fixture
async def http(club: Marketing, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(club, Settings, dsn, *ROUTERS) as http:
        yield http


async def told(club: Marketing) -> list[tuple[str, str, Any]]:
    """What was told of points, with how many or which tier."""
    return [
        (kind, key, data.get("points", data.get("current")))
        for kind, key, data in await club.published_by_key()
        if kind.startswith(OF_POINTS)
    ]


async def ledger_of(club: Marketing) -> dict[UUID, tuple[int, int, int]]:
    """By party the balance, the sum of its lots less its debt, and the sum of its ledger."""
    rows = await club.rows(
        "select party_id, balance, (select coalesce(sum(granted - spent), 0) from points_lot l "
        "where l.party_id = a.party_id and not expired)::bigint - debt as lots, "
        "(select coalesce(sum(points), 0) from points_entry e where e.party_id = a.party_id)::bigint as entries "
        "from points_account a order by party_id"
    )
    return {row["party_id"]: (row["balance"], row["lots"], row["entries"]) for row in rows}


async def test_points_are_earned_spent_taken_back_and_expire(club: Marketing, http: httpx.AsyncClient) -> None:
    bought = sale("s-1", minor=20_000, skus=("F-1", "A-1"))
    await club.heard(product("F-1", "FLORAL"), described(), bought, sale("v", BOB, minor=99))
    await club.heard(bought)
    # 200 for the sale and 100 for its flowers: 100 of them at 100 %, 200 at 150 %, and 5 for the first sale.
    ada, bob = str(ADA), str(BOB)
    beginning = [("points.earned", ada, 405), ("tier.changed", ada, "silver"), ("points.earned", bob, 5)]
    assert await told(club) == beginning
    balance = (await http.get(f"/v1/loyalty/{ADA}")).json()
    assert (balance["balance"], balance["qualifying"], balance["tier"]) == (405, 300, "silver")
    assert [each["points"] for each in balance["expiring"]] == [405]

    path, key = f"/v1/loyalty/{ADA}/redemptions", {"Idempotency-Key": "voucher-1"}
    spent = await http.post(path, json={"points": 300, "reference": "voucher-1"}, headers=key)
    again = await http.post(path, json={"points": 300, "reference": "voucher-1"}, headers=key)
    assert (spent.status_code, spent.json()["balance"], again.json()) == (201, 105, spent.json())
    assert (await http.post(path, json={"points": 299}, headers=key)).status_code == 422
    refused = await http.post(path, json={"points": 106})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "too_few_points")

    await club.heard(refund("s-1", minor=20_000))
    assert (await http.get(f"/v1/loyalty/{ADA}")).json()["balance"] == -300
    await club.heard(sale("s-2", minor=40_000, at=NOW + DAY))
    assert (await told(club))[3:] == [
        ("points.redeemed", ada, 300),
        ("points.reversed", ada, 405),
        ("tier.changed", ada, None),
        ("points.earned", ada, 100 + 450 + 5),
        ("tier.changed", ada, "silver"),
    ]
    ways = [data["better"] for kind, data in await club.published() if kind == "tier.changed"]
    assert ways == [True, False, True]
    await club.pass_time(NOW + 31 * DAY)
    assert sorted((await told(club))[8:]) == [("points.expired", ada, 255), ("points.expired", bob, 5)]
    await club.pass_time(NOW + 32 * DAY)
    assert len(await told(club)) == 10
    assert {balance for balance, *_ in (await ledger_of(club)).values()} == {0}
    lines = (await http.get(f"/v1/loyalty/{ADA}/statement")).json()["items"]
    assert [(each["kind"], each["points"]) for each in sorted(lines, key=lambda each: each["recorded_at"])][-1] == (
        "expired",
        -255,
    )
    assert sum(each["points"] for each in lines) == 0
    assert {each["sale_id"] for each in lines if each["kind"] == "earned"} == {"s-1", "s-2"}


async def test_nobody_spends_the_same_points_twice(club: Marketing, http: httpx.AsyncClient) -> None:
    await club.heard(described(), sale("s-1", minor=10_000))
    path = f"/v1/loyalty/{ADA}/redemptions"
    answers = await asyncio.gather(*(http.post(path, json={"points": 60}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await ledger_of(club) == {ADA: (45, 45, 45)}


async def test_of_a_party_that_nobody_knows_there_are_no_points(club: Marketing, http: httpx.AsyncClient) -> None:
    await club.heard(described(), described(BOB), sale("s-1", BOB), erased(BOB))
    assert (await http.get(f"/v1/loyalty/{ADA}")).json()["balance"] == 0
    for party in (BOB, UUID(int=7)):
        for answer in (
            await http.get(f"/v1/loyalty/{party}"),
            await http.get(f"/v1/loyalty/{party}/statement"),
            await http.post(f"/v1/loyalty/{party}/redemptions", json={"points": 1}),
        ):
            assert answer.status_code == 404


async def test_merged_parties_have_one_balance_until_the_merge_is_undone(
    club: Marketing, http: httpx.AsyncClient
) -> None:
    await club.heard(described(), described(BOB, merged_into=ADA))
    await club.heard(sale("s-1", minor=10_000), sale("s-2", BOB, minor=20_000, at=NOW + HOUR))
    for party in (ADA, BOB):
        balance = (await http.get(f"/v1/loyalty/{party}")).json()
        assert (balance["balance"], balance["parties"]) == (360, sorted([str(ADA), str(BOB)]))
    await http.post(f"/v1/loyalty/{BOB}/redemptions", json={"points": 110})
    assert [each for each in await told(club) if each[0] == "points.redeemed"] == [
        ("points.redeemed", str(ADA), 105),
        ("points.redeemed", str(BOB), 5),
    ]
    await club.heard(described(BOB, version=2))
    balances = [(await http.get(f"/v1/loyalty/{party}")).json()["balance"] for party in (ADA, BOB)]
    assert balances == [0, 250]
    assert await ledger_of(club) == {ADA: (0, 0, 0), BOB: (250, 250, 250)}


async def test_after_a_restore_what_was_spent_stays_spent_and_facts_are_told_once(
    club: Marketing, http: httpx.AsyncClient
) -> None:
    facts = [described(), sale("s-1", minor=10_000), sale("s-2", minor=5_000, at=NOW + HOUR)]
    await club.heard(*facts)
    await http.post(f"/v1/loyalty/{ADA}/redemptions", json={"points": 120})
    before = await ledger_of(club)
    ids = await club.rows("select id from points_entry order by id")
    parse = contract_of(PointsRedeemed).parse
    redeemed = [parse(to_json(data)) for kind, data in await club.published() if kind == "points.redeemed"]
    for table in ("points_account", "points_lot", "points_entry", "sale", "enrolment", "message"):
        await club.pool.execute(f"delete from {table}")
    for _ in range(2):
        async with club.transaction() as tx:
            await take_back(tx, redeemed)
    assert await ledger_of(club) == {ADA: (-120, -120, -120)}
    await club.heard(*facts)
    assert await ledger_of(club) == before
    assert await club.rows("select id from points_entry order by id") == ids


names = st.sampled_from("abc")
happenings = st.lists(
    st.one_of(
        st.builds(lambda name, party: sale(name, party, at=at(name)), names, st.sampled_from([ADA, BOB])),
        names.map(lambda name: amended(name, 2, at=NOW, minor=4_000, sold_at=at(name))),
        names.map(lambda name: cancelled(name, 3, sold_at=at(name))),
        st.builds(lambda name, part: refund(name, minor=part), names, st.sampled_from([1_000, 12_995])),
    ),
    min_size=1,
    max_size=12,
)


def at(name: str) -> Any:
    return NOW + {"a": 2, "b": 0, "c": 1}[name] * HOUR


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=happenings, data=st.data())
async def test_batches_and_repetitions_change_nothing(
    dsn: str, events: Sequence[Event[Any]], data: st.DataObject
) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        club = Marketing(pool, dsn, programme=CLUB)
        plain = await outcome(club, [list(events)])
        cuts = sorted(data.draw(st.sets(st.integers(1, len(events)), max_size=4)))
        batches = [list(events[a:b]) for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True) if a < b]
        again = data.draw(st.integers(0, len(batches) - 1))
        assert await outcome(club, [*batches, batches[again]]) == plain


async def outcome(club: Marketing, batches: Sequence[Sequence[Event[Any]]]) -> tuple[Any, ...]:
    await club.clear()
    await club.publish(definition())
    for batch in batches:
        await club.heard(*batch)
    assert all(balance == lots == entries for balance, lots, entries in (await ledger_of(club)).values())
    await club.pass_time(NOW + 60 * DAY)
    tables = ("points_account", "points_lot", "points_entry")
    rows = [await club.rows(f"select to_jsonb(t) as row from {t} t order by to_jsonb(t)::text") for t in tables]
    return rows, sorted(f"{kind} {data}" for kind, data in await club.published() if kind.startswith(OF_POINTS))

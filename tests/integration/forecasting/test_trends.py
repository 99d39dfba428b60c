"""Trends on a real database: told once at a cut, cleared when they are over, the newest first over HTTP."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.jobs import trends
from services.forecasting.jobs.worker import Jobs
from services.forecasting.settings import ForecastingSettings
from services.forecasting.subscriptions import recovery
from shared.events.insights import TrendCleared, TrendDetected
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here, repeat
from tests.unit.forecasting.facts import event, product, sale

FIRST = date(2025, 3, 3)
SETTINGS = ForecastingSettings(backtests=0)
BROKE = 32
TOYS = "sales:department:TOYS:week:DKK"
Told = list[tuple[str, str, dict[str, Any]]]


async def _run(work: Any, *arguments: Any) -> Any:
    """The models in this process, but outlooks by the last week, which takes no time."""
    return await (repeat if work is works.make_outlooks else here)(work, *arguments)


run = cast("Run", _run)


def monday(week: int) -> date:
    return FIRST + timedelta(weeks=week)


@pytest.fixture
async def sold(forecasting: Forecasting) -> None:
    """50 weeks of six departments, in one of which half as much again is sold from one week on."""
    rng = random.Random(5)
    facts: list[Any] = [product(f"p{n}", "TOYS" if n == 0 else f"D{n}") for n in range(6)]
    for week in range(50):
        lines = [(f"p{n}", rng.randint(95, 105), 100 + 50 * (n == 0 and week >= BROKE)) for n in range(6)]
        facts.append(sale(f"w-{week}", monday(week).isoformat(), *lines))
    await forecasting.heard(*facts)


async def pass_by(forecasting: Forecasting, jobs: Jobs, day: date) -> Told:
    """What is told of trends from now on until the day has passed everywhere."""
    await forecasting.pool.execute("delete from outbox")
    forecasting.now = forecasting.counted = datetime(day.year, day.month, day.day, tzinfo=UTC)
    await jobs.step(forecasting)
    await jobs.step(forecasting)
    return [one for one in await forecasting.published_by_key() if one[0].startswith("trend.")]


@pytest.mark.usefixtures("sold")
async def test_a_trend_is_told_once_and_cleared_when_it_is_what_is_usual(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    jobs = Jobs(SETTINGS, run)

    ((type_, key, data),) = await pass_by(forecasting, jobs, monday(BROKE + 6))
    assert (type_, key, data["kind"], data["since"][:10]) == ("trend.detected", TOYS, "level", str(monday(BROKE)))
    assert data["change"] == pytest.approx(0.5, abs=0.1)
    (shown,) = (await get(http, "/v1/trends", kind="level"))["items"]
    assert (shown["trend_id"], shown["state"], shown["series"]) == (data["trend_id"], "open", TOYS)

    assert await pass_by(forecasting, jobs, monday(BROKE + 7)) == []
    ((type_, _, over),) = await pass_by(forecasting, jobs, monday(BROKE + 14))
    assert (type_, over["trend_id"], over["because"]) == ("trend.cleared", data["trend_id"], "settled")
    assert await pass_by(forecasting, jobs, monday(BROKE + 15)) == []
    assert (await get(http, "/v1/trends"))["items"] == []
    (ended,) = (await get(http, "/v1/trends", state="cleared", series=TOYS))["items"]
    assert (ended["because"], ended["evidence"] != []) == ("settled", True)


@pytest.mark.usefixtures("sold")
async def test_what_was_told_is_neither_told_again_after_a_stop_nor_by_an_instance_that_is_behind(
    forecasting: Forecasting,
) -> None:
    cut = monday(BROKE + 6)
    assert len(await pass_by(forecasting, Jobs(SETTINGS, run), cut)) == 1

    await forecasting.pool.execute("update job set scored = false, after = null")
    assert await pass_by(forecasting, Jobs(SETTINGS, run), cut) == []

    behind = monday(BROKE)
    await forecasting.pool.execute("insert into job (cut, recorded_at) values ($1, now())", behind)
    await trends.look(forecasting, run, SETTINGS, behind)
    assert await forecasting.published_by_key() == []
    assert await forecasting.pool.fetchval("select state from trend") == "open"


@pytest.mark.usefixtures("sold")
async def test_a_trend_that_turns_is_cleared_and_told_the_other_way(forecasting: Forecasting) -> None:
    fell = derived_id("t", "fell")
    await forecasting.pool.execute(
        "insert into trend (trend_id, kind, series, since, change, chance, as_of, model, evidence, detected_at)"
        " values ($1, 'level', $2, $3, -0.3, 0.001, $4, 'breaks/1', '[]', now())",
        fell,
        TOYS,
        monday(BROKE - 2),
        monday(BROKE + 3),
    )

    over, news = await pass_by(forecasting, Jobs(SETTINGS, run), monday(BROKE + 6))

    assert (over[0], over[2]["trend_id"], over[2]["because"]) == ("trend.cleared", str(fell), "turned")
    assert (news[0], news[1], news[2]["change"] > 0) == ("trend.detected", TOYS, True)


@pytest.mark.usefixtures("sold")
async def test_a_failure_sets_trends_aside_and_clears_none(forecasting: Forecasting) -> None:
    assert len(await pass_by(forecasting, Jobs(SETTINGS, run), monday(BROKE + 6))) == 1

    async def fails(work: Any, *arguments: Any) -> Any:
        if work is works.find_trends:
            raise FittingFailed("find_trends: it broke")
        return await _run(work, *arguments)

    assert await pass_by(forecasting, Jobs(SETTINGS, cast("Run", fails)), monday(BROKE + 7)) == []
    assert await forecasting.pool.fetchval("select reason from set_aside where name = 'trends'")
    assert await forecasting.pool.fetchval("select state from trend") == "open"


async def test_trends_are_listed_newest_first_page_by_page(forecasting: Forecasting, http: httpx.AsyncClient) -> None:
    await forecasting.pool.executemany(
        "insert into trend (trend_id, kind, series, since, change, chance, as_of, model, evidence, detected_at)"
        " values ($1, 'level', $2, '2026-01-05', 0.5, 0.001, $3, 'breaks/1', '[]', now())",
        [(derived_id("t", n), str(n), monday(n % 3)) for n in range(7)],
    )
    listed: list[tuple[str, str]] = []
    cursor = None
    while cursor or not listed:
        page = await get(http, "/v1/trends", limit=2, **({"cursor": cursor} if cursor else {}))
        listed += [(one["as_of"], one["trend_id"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert listed == sorted(sorted(listed, key=lambda one: one[1]), key=lambda one: one[0], reverse=True)
    assert len(listed) == 7
    assert (await http.get("/v1/trends", params={"kind": "gossip"})).status_code == 422


async def test_after_a_restore_trends_stand_as_the_topic_tells_them(forecasting: Forecasting) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    detected = [
        TrendDetected(
            trend_id=derived_id("t", n),
            series=f"sales:department:D{n}:week:DKK",
            kind="level",
            change=0.5,
            chance=0.001,
            since=now - timedelta(weeks=6),
            as_of=now,
            contributions=[],
            model="breaks/1",
            recorded_at=now,
        )
        for n in range(2)
    ]
    over = TrendCleared(
        trend_id=detected[0].trend_id, series=detected[0].series, kind="level", because="over", recorded_at=now
    )
    told = [event("crm.insights", data, now, data) for data in (*detected, over)]

    for _ in range(2):
        await forecasting.hear(recovery.subscription, told)

    rows = await forecasting.rows("select trend_id, state, because from trend order by state")
    assert [tuple(row.values()) for row in rows] == [
        (detected[0].trend_id, "cleared", "over"),
        (detected[1].trend_id, "open", None),
    ]

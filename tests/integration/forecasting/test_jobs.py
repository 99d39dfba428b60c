"""The jobs on a real database with the real models: once a cut, never rewritten, going on where they stopped."""

import asyncio
import math
import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from services.forecasting.fitting import works
from services.forecasting.fitting.process import Fitting, FittingFailed, Run
from services.forecasting.jobs import scores
from services.forecasting.jobs.worker import Jobs
from services.forecasting.scores.domain.score import MODEL
from services.forecasting.settings import ForecastingSettings
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here
from tests.integration.forecasting.test_amounts import MINOR, PER_SALE, largest
from tests.unit.forecasting.facts import product, sale

FIRST = date(2025, 9, 1)
SETTINGS = ForecastingSettings(refit_every=timedelta(days=28), backtests=2)
PARTIES = [derived_id("party", number) for number in range(60)]


@pytest.fixture(scope="module")
def events() -> list[Any]:
    """26 weeks of two departments, parties that buy now and then, some of whom stop."""
    rng = random.Random(11)
    found: list[Any] = [product("A", "TOYS"), product("B", "FOOD", "BREAD")]
    for day in range(26 * 7):
        for number in rng.sample(range(60), 6):
            if number < 20 and day > 90:
                continue
            name, when = f"{day}-{number}", (FIRST + timedelta(days=day)).isoformat()
            lines = [("A", rng.randint(1, 3), 500), ("B", rng.randint(1, 4), 250)][: rng.randint(1, 2)]
            found.append(sale(name, when, *lines, party=PARTIES[number]))
    return found


@pytest.fixture
async def jobs(forecasting: Forecasting, events: list[Any]) -> Jobs:
    for begin in range(0, len(events), 500):
        await forecasting.heard(*events[begin : begin + 500])
    return Jobs(SETTINGS, here)


async def at(forecasting: Forecasting, jobs: Jobs, day: date) -> date | None:
    forecasting.now = forecasting.counted = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return await jobs.step(forecasting) or await jobs.step(forecasting)


async def test_nothing_is_forecast_before_every_partition_is_counted(forecasting: Forecasting, jobs: Jobs) -> None:
    assert await jobs.step(forecasting) is None
    assert await forecasting.published_by_key() == []


async def test_each_cut_is_published_once_and_names_what_it_replaces(forecasting: Forecasting, jobs: Jobs) -> None:
    assert await at(forecasting, jobs, date(2026, 1, 8)) == date(2025, 12, 29)
    assert await at(forecasting, jobs, date(2026, 1, 9)) is None
    assert await at(forecasting, jobs, date(2026, 1, 26)) == date(2026, 1, 26)

    said = [(key, data) for type_, key, data in await forecasting.published_by_key() if type_ == "forecast.published"]
    first, second = ([one for one in said if one[1]["cut"].startswith(cut)] for cut in ("2025-12-29", "2026-01-26"))
    assert [key for key, _ in first] == ["sales:department:FOOD:week:DKK", "sales:department:TOYS:week:DKK"]
    assert [data["supersedes"] for _, data in first] == [None, None]
    assert [data["supersedes"] for _, data in second] == [data["forecast_id"] for _, data in first]
    assert [point["at"][:10] for point in second[0][1]["points"]] == [
        "2026-01-26",
        "2026-02-02",
        "2026-02-09",
        "2026-02-16",
    ]
    assert all(0 <= data["backtest"]["coverage80"] <= 1 for _, data in second)


async def test_a_late_sale_changes_the_next_forecast_and_not_the_published_one(
    forecasting: Forecasting, jobs: Jobs
) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))
    before = await forecasting.rows("select * from forecast order by series")

    await forecasting.heard(sale("late", "2025-12-18", ("A", 50, 500)))
    await at(forecasting, jobs, date(2026, 1, 26))

    after = await forecasting.rows("select * from forecast where cut = $1 order by series", date(2025, 12, 29))
    assert after == before


async def test_a_cut_waits_while_the_sales_before_it_pour_in(forecasting: Forecasting, jobs: Jobs) -> None:
    forecasting.now = forecasting.counted = datetime(2025, 12, 29, tzinfo=UTC)

    assert await jobs.step(forecasting) is None
    await forecasting.heard(*(sale(f"import-{n}", "2025-10-07", ("A", 1, 500)) for n in range(20)))
    assert await jobs.step(forecasting) is None
    assert await jobs.step(forecasting) == date(2025, 12, 29)


async def test_two_instances_publish_a_cut_once(forecasting: Forecasting, jobs: Jobs) -> None:
    other = Jobs(SETTINGS, here)

    await asyncio.gather(at(forecasting, jobs, date(2025, 12, 29)), at(forecasting, other, date(2025, 12, 29)))

    said = [(type_, key, data.get("score")) for type_, key, data in await forecasting.published_by_key()]
    assert len(said) == len(set(said))
    assert len([one for one in said if one[0] == "score.computed"]) == 3 * len(PARTIES)


async def test_scoring_goes_on_where_it_was_stopped(
    forecasting: Forecasting, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "PAGE", 25)
    await at(forecasting, jobs, date(2025, 12, 29))
    half = sorted(PARTIES)[24]
    await forecasting.pool.execute("update job set scored = false, after = $1", half)
    await forecasting.pool.execute("delete from score where party_id > $1", half)
    await forecasting.pool.execute("delete from outbox")

    await at(forecasting, jobs, date(2025, 12, 30))

    said = [key for type_, key, _ in await forecasting.published_by_key() if type_ == "score.computed"]
    assert sorted(set(said)) == [str(party) for party in sorted(PARTIES) if party > half]


async def test_a_score_is_said_again_only_when_it_moved(forecasting: Forecasting, jobs: Jobs) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))
    await forecasting.pool.execute("delete from outbox")
    await at(forecasting, jobs, date(2026, 1, 26))

    said = {key for type_, key, data in await forecasting.published_by_key() if data.get("score") == "p_alive"}
    assert said < {str(party) for party in PARTIES}


async def test_the_model_is_kept_with_its_measured_quality(forecasting: Forecasting, jobs: Jobs) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))

    (row,) = await forecasting.rows("select cut, quality::json ->> 'rmse' as rmse from model where name = $1", MODEL)
    assert row["cut"] == date(2025, 12, 29)
    assert float(row["rmse"]) > 0


async def test_the_process_apart_does_the_same(forecasting: Forecasting, jobs: Jobs) -> None:
    """Once with the real one; the other tests spare themselves its start."""
    await at(forecasting, jobs, date(2025, 12, 29))
    expected = await forecasting.published_by_key()
    for table in ("outlook", "forecast", "series", "job", "model", "score", "warning", "outbox"):
        await forecasting.pool.execute(f"delete from {table}")
    fitting = Fitting()

    await at(forecasting, Jobs(SETTINGS, fitting.run), date(2025, 12, 29))
    await fitting.stop()

    assert await forecasting.published_by_key() == expected


TOYS, FOOD = "sales:department:TOYS:week:DKK", "sales:department:FOOD:week:DKK"


def failing(names: set[str], how: Callable[..., object], *arguments: object, fitting: Fitting) -> Run:
    """The fitting process, which gets other work whenever it is asked for a series of these names."""

    async def run(work: Any, asked: Any, *rest: Any) -> Any:
        if work is works.make_outlooks and names & {one.series for one in asked}:
            return await fitting.run(how, *arguments)
        return await fitting.run(work, asked, *rest)

    return cast("Run", run)


@pytest.mark.parametrize(
    ("how", "argument", "reason"),
    [(math.sqrt, -1, "sqrt: ValueError: math domain error"), (os._exit, 1, "the fitting process died")],
    ids=["raises", "dies"],
)
@pytest.mark.usefixtures("jobs")
async def test_a_series_that_cannot_be_fitted_is_set_aside_and_told_and_the_others_are_published(
    forecasting: Forecasting, http: httpx.AsyncClient, how: Callable[..., object], argument: int, reason: str
) -> None:
    fitting = Fitting()
    jobs = Jobs(SETTINGS, failing({TOYS}, how, argument, fitting=fitting))
    assert jobs.check().state == "ok"

    assert await at(forecasting, jobs, date(2025, 12, 29)) == date(2025, 12, 29)
    assert await jobs.step(forecasting) is None

    said = [(type_, key) for type_, key, _ in await forecasting.published_by_key()]
    assert [key for type_, key in said if type_ == "forecast.published"] == [FOOD]
    assert len([key for type_, key in said if type_ == "score.computed"]) == 3 * len(PARTIES)
    assert jobs.check().state == "degraded"
    assert TOYS in jobs.check().detail
    assert reason in jobs.check().detail
    listed = {one["id"]: one["set_aside"] for one in (await get(http, "/v1/series"))["items"]}
    assert listed[FOOD] is None
    assert (listed[TOYS]["cut"], reason in listed[TOYS]["reason"]) == ("2025-12-29", True)

    whole = Jobs(SETTINGS, here)
    await at(forecasting, whole, date(2026, 1, 26))
    await whole.step(forecasting)
    assert whole.check().state == "ok"
    await fitting.stop()


async def test_a_model_of_scores_that_cannot_be_fitted_leaves_the_one_before_in_force(
    forecasting: Forecasting, jobs: Jobs
) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))

    async def run(work: Any, *arguments: Any) -> Any:
        if work is works.fit_lifetime:
            raise FittingFailed("fit_lifetime: LinAlgError: singular")
        return work(*arguments)

    later = Jobs(SETTINGS, cast("Run", run))
    assert await at(forecasting, later, date(2026, 1, 26)) == date(2026, 1, 26)
    assert await later.step(forecasting) is None
    assert "scores:bgnbd: fit_lifetime: LinAlgError" in later.check().detail
    assert await forecasting.rows("select scored from job where cut = $1", date(2026, 1, 26)) == [{"scored": True}]
    assert len(await forecasting.rows("select 1 from model where name = $1", MODEL)) == 1


async def test_a_job_that_its_data_make_impossible_is_set_aside_and_the_others_and_the_cut_are_done(
    forecasting: Forecasting, jobs: Jobs
) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))
    await forecasting.pool.execute(
        "insert into trend (trend_id, kind, series, since, change, chance, as_of, evidence, model, detected_at)"
        " values (gen_random_uuid(), 'level', 'x', now(), 1, 0, now(), '[{}]', 'breaks/1', now())"
    )

    assert await at(forecasting, jobs, date(2026, 1, 26)) == date(2026, 1, 26)
    assert await jobs.step(forecasting) is None

    assert "1 set aside" in jobs.check().detail
    assert "jobs:trends: KeyError" in jobs.check().detail
    assert await forecasting.rows("select scored from job where cut = $1", date(2026, 1, 26)) == [{"scored": True}]
    assert len(await forecasting.rows("select 1 from forecast where cut = $1", date(2026, 1, 26))) == 2


async def test_forecasts_that_cannot_be_made_leave_the_rest_of_the_cut(forecasting: Forecasting, jobs: Jobs) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))
    await forecasting.pool.execute("update outlook set candidates = '[]' where series = $1", TOYS)

    assert await at(forecasting, jobs, date(2026, 1, 26)) == date(2026, 1, 26)
    assert await jobs.step(forecasting) is None

    assert "jobs:forecasts: ValidationError" in jobs.check().detail
    assert await forecasting.rows("select scored from job where cut = $1", date(2026, 1, 26)) == [{"scored": True}]
    assert await forecasting.rows("select 1 from model where name = $1 and cut = $2", MODEL, date(2026, 1, 26))


async def test_an_outlook_that_holds_no_number_spoils_no_forecast(forecasting: Forecasting, jobs: Jobs) -> None:
    await at(forecasting, jobs, date(2025, 12, 29))
    await forecasting.pool.execute(
        "update outlook set spread = array_fill('NaN'::float8, array[4]) where series = $1", TOYS
    )

    await at(forecasting, jobs, date(2026, 1, 26))
    await jobs.step(forecasting)

    assert jobs.check().state == "ok"
    assert len(await forecasting.rows("select 1 from forecast where cut = $1", date(2026, 1, 26))) == 2


async def test_of_more_departments_than_are_forecast_those_that_sold_most_are(
    forecasting: Forecasting, events: list[Any]
) -> None:
    await forecasting.heard(*events)
    jobs = Jobs(SETTINGS.model_copy(update={"most_series": 1}), here)

    await at(forecasting, jobs, date(2025, 12, 29))
    await jobs.step(forecasting)

    said = [key for type_, key, _ in await forecasting.published_by_key() if type_ == "forecast.published"]
    (most,) = await forecasting.rows(
        "select category[1] as name from sales_v1.sold_day join sales_v1.product using (sku) where day < $1"
        " group by 1 order by sum(revenue) desc limit 1",
        date(2025, 12, 29),
    )
    assert said == [f"sales:department:{most['name']}:week:DKK"]
    assert "1 that sold least: 1 are forecast" in jobs.check().detail


async def test_what_the_budget_leaves_out_is_told_and_made_up_for_at_the_next_cut(
    forecasting: Forecasting, events: list[Any]
) -> None:
    await forecasting.heard(*events)
    origins = "select distinct origin from outlook order by origin desc"
    hurried = Jobs(SETTINGS.model_copy(update={"fitting_budget": timedelta(microseconds=1)}), here)

    await at(forecasting, hurried, date(2025, 12, 29))
    await hurried.step(forecasting)

    assert [row["origin"] for row in await forecasting.rows(origins)] == [date(2025, 12, 29)]
    assert hurried.check().state == "degraded"
    assert "4 outlooks of earlier origins" in hurried.check().detail
    said = [data for type_, _, data in await forecasting.published_by_key() if type_ == "forecast.published"]
    assert [one["backtest"] for one in said] == [None, None]

    calm = Jobs(SETTINGS, here)
    await at(forecasting, calm, date(2026, 1, 26))
    await calm.step(forecasting)

    assert [row["origin"] for row in await forecasting.rows(origins)][1:] == [date(2025, 12, 29), date(2025, 12, 1)]
    assert calm.check().state == "ok"


@pytest.mark.parametrize("currency", ["HUF", "VND", "JPY"])
async def test_weeks_at_the_bounds_of_amounts_are_forecast_like_others(forecasting: Forecasting, currency: str) -> None:
    """Also weeks below zero, from discounts greater than the prices."""
    for week in range(16):
        day = (FIRST + timedelta(weeks=week)).isoformat()
        await forecasting.heard(
            largest(f"wide-{week}", day, currency, MINOR - week),
            sale(f"other-{week}", day, ("B", 1, 500 + week)),
            sale(f"below-{week}", day, ("C", 1, -500 if week % 3 else 900), currency="EUR"),
        )
    await forecasting.heard(product("A", "TOYS"), product("B", "FOOD"), product("C", "LOSS"))
    jobs = Jobs(SETTINGS, here)

    await at(forecasting, jobs, FIRST + timedelta(weeks=12))
    cut = await at(forecasting, jobs, FIRST + timedelta(weeks=16))
    await jobs.step(forecasting)

    assert jobs.check().state == "ok"
    forecasts = await forecasting.rows("select series from forecast where cut = $1 order by series", cut)
    assert [row["series"] for row in forecasts] == [
        FOOD,
        "sales:department:LOSS:week:EUR",
        f"sales:department:TOYS:week:{currency}",
    ]
    wide = [data for type_, key, data in await forecasting.published_by_key() if key.endswith(currency)]
    assert wide[-1]["points"][0]["mean"] == pytest.approx(PER_SALE, rel=0.2)

"""The jobs on a real database with the real models: once a cut, never rewritten, going on where they stopped."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import pytest

from services.forecasting.fitting.process import Fitting
from services.forecasting.jobs import scores
from services.forecasting.jobs.worker import Jobs
from services.forecasting.scores.domain.score import MODEL
from services.forecasting.settings import ForecastingSettings
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting
from tests.unit.forecasting.facts import product, sale

P = ParamSpec("P")
R = TypeVar("R")
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


async def here(work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R:
    """The models in this process, which spares each test the start of another one."""
    return work(*arguments, **named)


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
    assert len([one for one in said if one[0] == "score.computed"]) == 2 * len(PARTIES)


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
    for table in ("outlook", "forecast", "series", "job", "model", "score", "outbox"):
        await forecasting.pool.execute(f"delete from {table}")
    fitting = Fitting()

    await at(forecasting, Jobs(SETTINGS, fitting.run), date(2025, 12, 29))
    await fitting.stop()

    assert await forecasting.published_by_key() == expected

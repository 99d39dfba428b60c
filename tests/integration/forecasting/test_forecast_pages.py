"""Forecasts of a cut are made, kept and told a page at a time: a stop anywhere loses nothing and doubles nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime, timedelta
from statistics import fmean
from typing import Any, cast

import pytest

from services.forecasting.fitting.process import FittingFailed
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Asked, Outlook
from services.forecasting.jobs import weekly
from services.forecasting.settings import ForecastingSettings
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from tests.integration.forecasting.running import Forecasting
from tests.unit.forecasting.facts import product, sale

CUT = date(2026, 3, 2)
SETTINGS = ForecastingSettings(backtests=2)
DEPARTMENTS = "ABCDE"
_TABLES = ("set_aside", "job", "model", "forecast", "outlook", "series", "outbox")
_KEPT = {
    "forecast": "select * from forecast order by series",
    "outlook": "select * from outlook order by series, origin",
    "model": "select * from model",
    "job": "select cut, scored from job",
    "set_aside": "select cut, name, reason from set_aside",
}


class Killed(Exception):
    pass


class Dying:
    """The service until its `nth` transaction, with which it ends: just before the commit, or just behind it."""

    def __init__(self, service: Forecasting, nth: int, *, behind: bool) -> None:
        self._service, self._left, self._behind = service, nth, behind

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        return self._service.read()

    async def watermark(self, subscription: Subscription) -> datetime | None:
        return await self._service.watermark(subscription)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        self._left -= 1
        async with self._service.transaction() as tx:
            yield tx
            if self._left == 0 and not self._behind:
                raise Killed
        if self._left == 0:
            raise Killed


async def look(work: Any, asked: Sequence[Asked], indicators: Sequence[Any] = ()) -> dict[str, list[Outlook]]:
    """Stands in for the fitting process: the last week once more, and the mean, which is better in these series."""
    del work, indicators
    return {one.series: [_outlook(one, origin) for origin in one.origins] for one in asked}


def _outlook(one: Asked, origin: date) -> Outlook:
    known = one.values[: (origin - one.first).days // 7]
    said = {SEASONAL_NAIVE: (known[-1],) * 4, "recent-mean": (fmean(known),) * 4}
    return Outlook(origin, "linear", said, (fmean(known) / 10,) * 4, 1.0)


@pytest.fixture
async def sold(forecasting: Forecasting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five departments of 20 weeks, in pages of two."""
    monkeypatch.setattr(weekly, "PAGE", 2)
    begin = CUT - timedelta(weeks=20)
    await forecasting.heard(
        *(product(name, name) for name in DEPARTMENTS),
        *(
            sale(f"s-{name}-{week}", (begin + timedelta(weeks=week)).isoformat(), (name, 1, _amount(place, week)))
            for week in range(20)
            for place, name in enumerate(DEPARTMENTS)
        ),
    )


def _amount(place: int, week: int) -> int:
    return 1000 * (place + 1) + 37 * (week * (place + 3) % 11)


async def everything(forecasting: Forecasting) -> dict[str, Any]:
    found: dict[str, Any] = {name: await forecasting.rows(statement) for name, statement in _KEPT.items()}
    found["told"] = await forecasting.rows("select key, event_id, payload from outbox order by key, event_id")
    return found


async def run(source: Any) -> int:
    return await weekly.forecast(source, cast("Any", look), SETTINGS, CUT)


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("behind", [False, True], ids=["before the commit", "behind the commit"])
async def test_a_cut_that_is_stopped_with_any_of_its_transactions_ends_as_though_it_had_not(
    forecasting: Forecasting, *, behind: bool
) -> None:
    assert await run(forecasting) == len(DEPARTMENTS)
    whole = await everything(forecasting)
    assert len(whole["told"]) == len(whole["forecast"]) == len(DEPARTMENTS)
    assert {row["model"] for row in whole["outlook"]} == {"weighted/1"}

    stops = 0
    while True:
        await forecasting.empty(*_TABLES)
        try:
            await run(Dying(forecasting, stops + 1, behind=behind))
        except Killed:
            stops += 1
        else:
            break
        at_the_stop = await forecasting.rows("select 1 from forecast")
        assert await run(forecasting) == len(DEPARTMENTS) - len(at_the_stop)
        assert await everything(forecasting) == whole

    assert stops == 3 * 3 + 3 + 1, "three pages of outlooks from three origins, of forecasts, and the cut itself"


@pytest.mark.usefixtures("sold")
async def test_what_fails_of_a_series_that_was_told_before_a_stop_sets_nothing_aside(forecasting: Forecasting) -> None:
    hasty = SETTINGS.model_copy(update={"fitting_budget": timedelta(0)})
    with pytest.raises(Killed):
        await weekly.forecast(Dying(forecasting, 3 + 1, behind=True), cast("Any", look), hasty, CUT)
    told = {row["series"] for row in await forecasting.rows("select series from forecast")}
    assert len(told) == 2

    async def fails(work: Any, asked: Sequence[Asked], indicators: Sequence[Any] = ()) -> dict[str, list[Outlook]]:
        if told & {one.series for one in asked}:
            raise FittingFailed("it broke")
        return await look(work, asked, indicators)

    assert await weekly.forecast(forecasting, cast("Any", fails), SETTINGS, CUT) == len(DEPARTMENTS) - 2
    assert await forecasting.rows("select name from set_aside") == []
    assert len(await forecasting.rows("select series from forecast")) == len(DEPARTMENTS)


@pytest.mark.usefixtures("sold")
async def test_two_instances_that_tell_the_same_pages_tell_each_series_once(forecasting: Forecasting) -> None:
    told = await asyncio.gather(run(forecasting), run(forecasting))

    assert sum(told) == len(DEPARTMENTS)
    assert len({row["key"] for row in (await everything(forecasting))["told"]}) == len(DEPARTMENTS)


@pytest.mark.usefixtures("sold")
async def test_the_quality_of_a_cut_is_that_of_what_was_told(forecasting: Forecasting) -> None:
    await run(forecasting)

    (model,) = await forecasting.rows("select quality::text, parameters::text from model")
    tests = await forecasting.rows("select (backtest ->> 'mase')::float8 as mase from forecast")
    assert f'"series": {len(DEPARTMENTS)}' in model["quality"]
    assert f'"series": {len(DEPARTMENTS)}' in model["parameters"]
    assert f'"mase": {fmean(row["mase"] for row in tests)}'[:14] in model["quality"]

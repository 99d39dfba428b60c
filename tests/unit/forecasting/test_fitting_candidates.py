import random
from datetime import date
from itertools import pairwise
from math import cos, exp, pi

import numpy as np
import pytest
from statsforecast.models import AutoCES, AutoETS, AutoTheta

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.candidates import _fit, _sound, look_ahead
from services.forecasting.fitting.seasons import season_of, seasons_within, split_season, split_seasons
from services.forecasting.fitting.weekly import look_from_origins
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, WEEKLY, Asked, Cadence

FIRST = date(2026, 1, 5)
CUT = FIRST + WEEK * 30


def noise(count: int, level: float = 1_000.0) -> list[float]:
    rng = random.Random(3)
    return [level * rng.uniform(0.8, 1.2) for _ in range(count)]


def waves(count: int, period: int, size: float = 0.5) -> list[float]:
    return [value * exp(size * cos(2 * pi * at / period)) for at, value in enumerate(noise(count))]


def test_a_steady_series_is_seen_near_its_level_by_every_candidate() -> None:
    outlook = look_ahead(noise(40), CUT, WEEKLY)

    assert outlook.scale == "log"
    assert set(outlook.candidates) == {SEASONAL_NAIVE, "recent-mean", "linear", "log"}
    assert all(said[0] == pytest.approx(1_000, rel=0.2) for said in outlook.candidates.values())


@pytest.mark.parametrize(
    ("values", "candidates"),
    [
        ([7.0], {SEASONAL_NAIVE, "recent-mean"}),
        (noise(5), {SEASONAL_NAIVE, "recent-mean"}),
        ([250.0] * 30, {SEASONAL_NAIVE, "recent-mean", "croston", "tsb"}),
        ([0.0] * 30, {SEASONAL_NAIVE, "recent-mean"}),
        ([0.0, 0.0, 3.0] * 12, {SEASONAL_NAIVE, "recent-mean", "croston", "tsb"}),
        ([-5.0, 3.0, 4.0] * 12, {SEASONAL_NAIVE, "recent-mean", "linear"}),
        ([1e22, *noise(30)], {SEASONAL_NAIVE, "recent-mean", "linear", "log"}),
    ],
    ids=["one value", "short", "constant", "nothing sold", "now and then", "below zero", "absurd"],
)
def test_every_series_has_candidates_that_can_carry_it(values: list[float], candidates: set[str]) -> None:
    outlook = look_ahead(values, CUT, WEEKLY)

    assert set(outlook.candidates) <= candidates
    assert SEASONAL_NAIVE in outlook.candidates
    assert all(len(said) == 4 and np.isfinite(said).all() for said in outlook.candidates.values())
    assert all(spread >= 0 for spread in outlook.spread)


def test_a_fit_that_broke_is_left_out() -> None:
    logs = np.log1p(np.array(noise(20)))
    centre, spread = np.full(4, logs.mean()), np.full(4, 0.1)

    assert _sound(centre, spread, logs)
    assert not _sound(centre + 6, spread, logs)
    assert not _sound(centre, spread * np.inf, logs)
    assert not _sound(centre * np.nan, spread, logs)


@pytest.mark.parametrize(("period", "periods"), [(7, (7,)), (12, (12,)), (24, (24, 168)), (52, (52,)), (4, (4,))])
def test_a_season_is_found_where_there_is_one(period: int, periods: tuple[int, ...]) -> None:
    assert season_of(np.array(waves(period * 5, period)), periods) == period
    assert season_of(np.array(noise(period * 5)), periods) == 1
    assert season_of(np.array(waves(period, period)), periods) == 1
    assert season_of(np.arange(period * 5.0), periods) == 1


def test_a_long_season_is_taken_off_and_put_on_again() -> None:
    values = np.array(waves(52 * 4, 52))
    left, wave = split_season(values, 52)

    assert left.std() < values.std() / 1.5
    assert np.allclose(left + wave[np.arange(len(values)) % 52], values)
    summer = look_ahead(values[:-26].tolist(), CUT, WEEKLY).candidates["log"]
    winter = look_ahead(values.tolist(), CUT, WEEKLY).candidates["log"]
    assert min(winter) > max(summer) * 1.3


def test_a_daily_series_repeats_its_week() -> None:
    outlook = look_ahead(waves(84, 7), CUT, Cadence(WEEK / 7, (7,), 14))

    assert len(outlook.spread) == 14
    assert all(
        max(said[:7]) > 1.5 * min(said[:7]) for name, said in outlook.candidates.items() if name != "recent-mean"
    )


def test_the_same_values_give_the_same_outlook() -> None:
    assert look_ahead(noise(20), CUT, WEEKLY) == look_ahead(noise(20), CUT, WEEKLY)


def test_no_origin_sees_its_future() -> None:
    values = tuple(noise(30))
    origins = (CUT - WEEK * 12, CUT)

    made = look_from_origins([Asked("a", FIRST, values, origins)])

    assert [outlook.origin for outlook in made["a"]] == list(origins)
    assert made["a"][0] == look_ahead(values[:18], origins[0], WEEKLY)
    assert all(before != after for before, after in pairwise(made["a"]))


def growing_quarters(count: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    at = np.arange(count)
    season, rest = rng.normal(0, 0.1, 4)[at % 4], rng.normal(0, 0.03, count)
    return [float(value) for value in 200 * np.exp(0.015 * at + season + rest)]


@pytest.mark.slow
def test_a_season_of_few_quarters_is_foretold_better_than_by_models_that_each_look_for_it() -> None:
    """Of sixteen quarters that grow by a share, eight more are foretold."""
    errors = []
    for seed in range(12):
        values = growing_quarters(24, seed)
        known, came = np.array(values[:16]), np.array(values[16:])
        if season_of(known, (4,)) == 4:
            said = look_ahead(values[:16], CUT, Cadence(WEEK * 13, (4,), 8)).candidates
            each = [_fit(model, known, 4, 8)[0] for model in (AutoETS, AutoTheta, AutoCES)]
            forecasts = (said["linear"], said["log"], np.mean(each, axis=0))
            errors.append([float(np.abs(np.asarray(one) - came).mean()) for one in forecasts])

    linear, log, models = np.mean(errors, axis=0)
    assert len(errors) >= 8
    assert linear < models * 0.95
    assert log < models * 0.95


def test_a_season_is_taken_off_whole_or_drawn_to_nothing() -> None:
    values = np.array(waves(24, 4))

    whole, drawn = (split_season(values, 4, drawn=drawn)[1] for drawn in (False, True))

    assert drawn == pytest.approx(whole * 5 / 6)
    assert split_season(values, 1, drawn=False)[0].tolist() == values.tolist()


@pytest.mark.slow
def test_hours_repeat_their_day_within_their_week() -> None:
    """What is learnt of the hours of every day is known better than what is learnt of each hour of a week."""
    hours = [
        value * exp(2 * cos(2 * pi * at / 12)) * (2 if at // 24 % 7 > 4 else 1) for at, value in enumerate(noise(672))
    ]
    came = np.log(hours[504:552])

    both, week = (look_ahead(hours, CUT, Cadence(WEEK, periods, 48)) for periods in ((24, 168), (168,)))

    errors = [float(np.abs(np.log(one.candidates["log"]) - came).mean()) for one in (both, week)]
    assert errors[0] < errors[1] * 0.75


def test_a_season_is_made_of_those_that_divide_it() -> None:
    assert seasons_within(168, (24, 168, 100)) == [24, 168]
    assert seasons_within(24, (24, 168)) == [24]
    assert seasons_within(1, (52,)) == [1]


def test_seasons_are_taken_off_together_and_put_on_again() -> None:
    values = np.array([cos(2 * pi * at / 4) + cos(2 * pi * at / 12) for at in range(120)])

    left, wave = split_seasons(values, [4, 12])

    assert left + np.resize(wave, 120) == pytest.approx(values)
    assert float(np.abs(left).max()) < 0.25


@pytest.mark.parametrize("silent", [0, 8, 30])
def test_what_has_not_sold_of_late_may_sell_again(silent: int) -> None:
    outlook = look_ahead([0.0, 0.0, 3.0] * 12 + [0.0] * silent, CUT, WEEKLY)

    assert all(spread > 0 for spread in outlook.spread)

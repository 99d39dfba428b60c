from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import inf

import pytest
from hypothesis import given, strategies as st

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.calibration import Scores
from services.forecasting.forecasts.domain.intervals import Factors, calibrate
from services.forecasting.forecasts.domain.outlook import (
    FARTHEST,
    SEASONAL_NAIVE,
    Outlook,
    Scale,
    Track,
    backtest,
    mean_step,
    origins,
)

FIRST = date(2026, 1, 5)
EXACT = Factors(1.0, 2.0)
STEPS = [EXACT] * 4


def outlook(weeks: int, *centre: float, spread: float = 10.0, scale: Scale = "linear", last: float = 100.0) -> Outlook:
    naive = {SEASONAL_NAIVE: (last,) * len(centre)}
    return Outlook(FIRST + WEEK * weeks, scale, naive, (spread,) * len(centre), 20.0, centre, "test")


@given(
    centre=st.floats(-50, 500),
    spread=st.floats(0, 100),
    wide=st.floats(0.1, 5),
    scale=st.sampled_from(["linear"]),
)
def test_ranges_hold_each_other_and_never_fall_below_zero(
    centre: float, spread: float, wide: float, scale: Scale
) -> None:
    (ahead,) = outlook(4, centre, spread=spread, scale=scale).ranges([Factors(wide, wide * 2)], inf)

    assert 0 <= ahead.lo95 <= ahead.lo80 <= ahead.mean <= ahead.hi80 <= ahead.hi95


def test_a_range_on_the_logarithm_is_a_factor_up_and_down() -> None:
    (ahead,) = outlook(4, 150.0, spread=0.5, scale="log").ranges([EXACT], inf)

    assert (ahead.hi80 + 1) / (ahead.mean + 1) == pytest.approx((ahead.mean + 1) / (ahead.lo80 + 1))


def test_a_backtest_measures_errors_in_steps_beside_the_naive_forecast() -> None:
    track = Track(FIRST, (90, 110, 90, 100, 104, 80, 100, 130), (outlook(4, 100, 100, 100, 100),))

    found = backtest(track, {FIRST + WEEK * 4: {"linear": STEPS}})

    assert found is not None
    assert found.mase == pytest.approx((4 + 20 + 0 + 30) / 4 / 20)
    assert found.baseline_mase == pytest.approx(found.mase)
    assert (found.coverage80, found.coverage95) == (0.5, 0.75)
    assert found.smape == pytest.approx((200 * 4 / 204 + 200 * 20 / 180 + 0 + 200 * 30 / 230) / 4)


def test_a_series_that_never_moved_has_no_backtest() -> None:
    still = replace(outlook(4, 5.0, 5.0, 5.0, 5.0), step=0.0)

    assert backtest(Track(FIRST, (5.0,) * 8, (still,)), {still.origin: {"linear": STEPS}}) is None


def test_without_past_outlooks_there_is_no_backtest() -> None:
    assert backtest(Track(FIRST, (1, 2, 3), ()), {}) is None


def test_a_spread_that_was_far_too_small_counts_for_so_much_only() -> None:
    assert outlook(4, 100, 100, spread=1e-9).scores([500.0, 100.0]) == [FARTHEST, 0.0]


def test_what_never_varied_says_nothing_of_how_far_off_others_will_be() -> None:
    assert outlook(4, 100, 100, spread=0).scores([100.0, 500.0]) == [None, None]


def test_factors_learn_only_from_weeks_that_were_over() -> None:
    early, late = outlook(4, 100, 100, 100, 100), outlook(8, 0, 0, 0, 0)
    values = tuple([100.0] * 4 + [130.0] * 8)
    cut = FIRST + WEEK * 11

    both, one = Track(FIRST, values, (early, late)), Track(FIRST, values, (early,))
    assert factors_at(cut, both) == factors_at(cut, one) != factors_at(cut - WEEK * 4, one)
    assert factors_at(cut - WEEK * 4, one)["linear"] == [calibrate([])] * 4


@given(
    told=st.lists(st.tuples(st.integers(0, 6), st.lists(st.floats(0, 400), min_size=4, max_size=4)), max_size=8),
    asked=st.lists(st.integers(0, 16), max_size=4),
)
def test_factors_at_several_times_are_those_of_each_time_alone(
    told: list[tuple[int, list[float]]], asked: list[int]
) -> None:
    values = tuple(100.0 + 7 * (week % 5) for week in range(12))
    scores = Scores()
    for week, centre in told:
        scores.add(Track(FIRST, values, (outlook(week, *centre),)))
    times = [FIRST + WEEK * week for week in asked]

    assert scores.factors_at(times) == {time: scores.factors_at([time])[time] for time in times}


def test_each_step_ahead_has_factors_of_its_own_errors_and_those_beside() -> None:
    track = Track(FIRST, (100.0,) * 4 + (110, 120, 130, 140), (calm(),))
    first, *_, last = factors_at(FIRST + WEEK * 8, track)["linear"]

    assert first == calibrate([1.0, 2.0])
    assert last == calibrate([3.0, 4.0])


def factors_at(time: date, track: Track) -> Mapping[Scale, Sequence[Factors]]:
    scores = Scores()
    scores.add(track)
    return scores.factors_at([time])[time]


def calm() -> Outlook:
    return outlook(4, 100, 100, 100, 100)


def test_origins_lie_a_horizon_apart_and_have_a_past() -> None:
    cut = FIRST + WEEK * 20

    assert origins(cut, FIRST, 6, 8) == [FIRST + WEEK * 16, FIRST + WEEK * 12, FIRST + WEEK * 8]


def test_one_value_has_no_step() -> None:
    assert mean_step([5.0]) == 0.0
    assert mean_step([5.0, 8.0, 7.0]) == 2.0
    assert mean_step([5.0, 8.0, 7.0, 9.0], season=2) == 1.5


def test_a_week_below_zero_is_scored_as_one_without_sales() -> None:
    """Discounts greater than the prices, on a scale that knows no such sales."""
    low = outlook(0, 1.0, 1.0, scale="log")

    assert low.scores([-500.0, -1.0]) == low.scores([0.0, 0.0])

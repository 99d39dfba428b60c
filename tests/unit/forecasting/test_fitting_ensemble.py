import random
from datetime import date

import numpy as np
import pytest

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.ensemble import ENSEMBLE, RECENT_MEAN, _sound, look_ahead
from services.forecasting.fitting.weekly import look_back_and_ahead
from services.forecasting.forecasts.domain.intervals import Factors
from services.forecasting.forecasts.domain.outlook import Asked

FIRST = date(2026, 1, 5)
CUT = FIRST + WEEK * 30


def noise(weeks: int, level: float = 1_000.0) -> list[float]:
    rng = random.Random(3)
    return [level * rng.uniform(0.8, 1.2) for _ in range(weeks)]


def test_a_steady_series_is_forecast_near_its_level_by_the_ensemble() -> None:
    outlook = look_ahead(noise(40), CUT)
    (first, *_) = outlook.ranges(Factors(1.28, 1.96))

    assert outlook.model == ENSEMBLE
    assert first.mean == pytest.approx(1_000, rel=0.15)


@pytest.mark.parametrize(
    "values",
    [noise(5), [0.0] * 20 + noise(6), [250.0] * 30, [0.0] * 30],
    ids=["short", "mostly empty", "constant", "nothing sold"],
)
def test_what_cannot_carry_a_model_gets_a_mean_that_says_so(values: list[float]) -> None:
    outlook = look_ahead(values, CUT)

    assert outlook.model == RECENT_MEAN
    assert outlook.centre[0] == pytest.approx(sum(values[-8:]) / len(values[-8:]))


def test_a_fit_that_broke_is_left_out() -> None:
    logs = np.log1p(np.array(noise(20)))
    centre, spread = np.full(4, logs.mean()), np.full(4, 0.1)

    assert _sound(centre, spread, logs)
    assert not _sound(centre + 6, spread, logs)
    assert not _sound(centre, spread * 100, logs)
    assert not _sound(centre * np.nan, spread, logs)


def test_the_same_weeks_give_the_same_outlook() -> None:
    assert look_ahead(noise(20), CUT) == look_ahead(noise(20), CUT)


def test_only_missing_origins_are_looked_at_again_and_none_sees_its_future() -> None:
    values = tuple(noise(30))
    known = frozenset({CUT - WEEK * 4})

    made = look_back_and_ahead([Asked("a", FIRST, values, known), Asked("b", FIRST, (1.0, 2.0), frozenset())], CUT, 3)

    assert list(made) == ["a"]
    assert [(CUT - outlook.origin) // WEEK for outlook in made["a"]] == [12, 8, 0]
    assert made["a"][0] == look_ahead(values[:18], CUT - WEEK * 12)

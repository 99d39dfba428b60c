"""What is published stays within what a series ever showed, whatever the series beside it are like."""

import random
from datetime import UTC, date, datetime
from math import isfinite

import pytest
from hypothesis import given, settings, strategies as st

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.weekly import look_from_origins
from services.forecasting.forecasts.domain.calibration import Scores
from services.forecasting.forecasts.domain.forecast import Standard, publish
from services.forecasting.forecasts.domain.outlook import MOST, Asked, Outlook, Track, origins
from services.forecasting.series.domain import DepartmentWeek

FIRST, NOW = date(2025, 9, 1), datetime(2026, 3, 30, 9, tzinfo=UTC)
WEEKS = 30
CUT = FIRST + WEEK * WEEKS


def usual(seed: int, level: float) -> list[float]:
    rng = random.Random(seed)
    return [round(level * rng.lognormvariate(0, 0.4)) for _ in range(WEEKS)]


def ending(values: list[float], *last: float) -> list[float]:
    return [*values[: -len(last)], *last]


SHAPES: dict[str, list[float]] = {
    "usual": usual(1, 400_000),
    "small": usual(2, 900),
    "partial": ending(usual(3, 400_000), 4_000),
    "partial too": ending(usual(4, 60_000), 300),
    "partial after a shut week": ending(usual(5, 20_000), 0, 100),
    "shut in the middle": [0 if week in {19, 20} else value for week, value in enumerate(usual(6, 70_000))],
    "one cent in the middle": [1 if week == 21 else value for week, value in enumerate(usual(7, 70_000))],
    "one huge": [value * 10_000 if week == 12 else value for week, value in enumerate(usual(8, 5_000))],
    "huge at the end": ending(usual(9, 5_000), 90_000_000),
    "from nothing": [1.0] * 15 + usual(10, 1_000_000)[15:],
    "to nothing": [*usual(11, 1_000_000)[:15], *[1.0] * 15],
    "grows without end": [round(10 * 1.6**week) for week in range(WEEKS)],
    "now and then": [0 if week % 3 else 500.0 for week in range(WEEKS)],
    "constant": [250.0] * WEEKS,
    "constant, then not": ending([250.0] * WEEKS, 1.0),
    "zeros": [100.0] + [0.0] * (WEEKS - 1),
    "short": [40.0] * 9 + [2.0],
    "one week": [70.0],
}


def _track(values: list[float]) -> Track:
    first = CUT - WEEK * len(values)
    asked = Asked("s", first, tuple(values), (*origins(CUT, first, 4, 8)[::-1], CUT))
    return Track(first, tuple(values), tuple(look_from_origins([asked])["s"]))


@pytest.fixture(scope="module")
def tracks() -> dict[str, Track]:
    return {name: _track(values) for name, values in SHAPES.items()}


@settings(max_examples=60, deadline=None)
@given(names=st.sets(st.sampled_from(sorted(SHAPES)), min_size=1))
@pytest.mark.slow
def test_bounds_are_finite_ordered_and_within_a_multiple_of_what_was_shown(
    tracks: dict[str, Track], names: set[str]
) -> None:
    shapes = {DepartmentWeek(name, "DKK"): tracks[name] for name in names}
    standard = Standard()
    standard.weigh(shapes.values())
    standard.judge(shapes.values())
    forecasts, failed = publish(CUT, standard.combined(shapes), standard.factors(), {}, NOW)

    assert failed == {}
    for one in forecasts:
        shown = max(SHAPES[one.series.split(":")[2]])
        for at in one.points:
            assert all(map(isfinite, (at.lo95, at.lo80, at.mean, at.hi80, at.hi95)))
            assert 0 <= at.lo95 <= at.lo80 <= at.mean <= at.hi80 <= at.hi95 <= MOST * shown


def test_no_candidate_lies_beyond_it_either(tracks: dict[str, Track]) -> None:
    for name, track in tracks.items():
        assert max(max(said) for said in track.outlooks[-1].candidates.values()) <= MOST * max(SHAPES[name])


@pytest.mark.parametrize(("said", "came"), [(50_000.0, 300.0), (50_000.0, 0.0), (20.0, 50_000.0)])
def test_a_factor_between_something_and_next_to_nothing_widens_no_interval(said: float, came: float) -> None:
    """The factors are learnt from all series at once, so one week of all of them could make every interval useless."""
    rng = random.Random(3)
    found = []
    for odd in (False, True):
        tracks = []
        for _ in range(20):
            values = [said * rng.lognormvariate(0, 0.2) for _ in range(8)]
            outlook = Outlook(FIRST + WEEK * 4, "log", {}, (0.2,) * 4, 1.0, (said,) * 4)
            tracks.append(Track(FIRST, (*values[:7], came if odd else values[7]), (outlook,)))
        scores = Scores()
        for track in tracks:
            scores.add(track)
        (factors,) = scores.factors_at([FIRST + WEEK * 8]).values()
        found.append(factors["log"][-1].for95)

    assert found[1] < found[0] * 1.5


def test_weeks_that_are_not_known_are_looked_over() -> None:
    """As though it had been asked from the end of what is known on, but for the weeks between."""
    values = tuple(float(100 + 50 * (week % 52 < 26)) for week in range(130))
    first = CUT - WEEK * 131
    (later,) = look_from_origins([Asked("s", first, values, (CUT,))])["s"]
    (sooner,) = look_from_origins([Asked("s", first, values, (CUT - WEEK,))])["s"]

    assert all(len(said) == 4 for said in (*later.candidates.values(), later.spread))
    for name, said in later.candidates.items():
        assert said[:3] == pytest.approx(sooner.candidates[name][1:])

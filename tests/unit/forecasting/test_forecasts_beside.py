import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.beside import Compared, weigh_indicator
from services.forecasting.forecasts.domain.combination import combine_all
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Outlook, Track, beside

FIRST = date(2025, 1, 6)
NAME = beside("brent")
NUMBER = st.floats(-1e9, 1e9)


def compared(weeks: int, came: float, alone: float, told: float) -> Compared:
    origin = FIRST + WEEK * weeks
    return Compared(NAME, origin, origin + WEEK * 4, (came,) * 4, (alone,) * 4, (told,) * 4)


def steady(count: int, told: float) -> list[Compared]:
    return [compared(4 * at, 100.0 + at, 90.0, told + at) for at in range(count)]


def test_what_was_right_each_time_is_put_on_in_full() -> None:
    assert weigh_indicator(steady(4, 100.0)) == pytest.approx(1)


def test_of_what_adds_too_much_a_part_is_put_on() -> None:
    assert 0.5 < weigh_indicator(steady(6, 108.0)) < 0.9


@pytest.mark.parametrize(
    "past",
    [
        [],
        steady(3, 100.0),
        steady(6, 80.0),
        [compared(4 * at, 100.0 + at, 90.0, 90.0) for at in range(6)],
        [compared(4 * at, 100.0, 90.0, 100.0 if at == 0 else 89.0) for at in range(6)],
        [compared(at, 100.0 + at, 90.0, 100.0 + at) for at in range(12)],
    ],
    ids=["none", "too few", "worse", "nothing added", "once by chance", "origins that have steps in common"],
)
def test_what_is_not_clearly_better_is_not_used(past: list[Compared]) -> None:
    assert weigh_indicator(past) == 0


@given(rows=st.lists(st.tuples(st.integers(0, 60), NUMBER, NUMBER, NUMBER), max_size=12))
def test_the_weight_is_a_share_whatever_came(rows: list[tuple[int, float, float, float]]) -> None:
    past = [compared(*row) for row in {row[0]: row for row in rows}.values()]
    assert 0 <= weigh_indicator(past) <= 1
    assert weigh_indicator(past) == weigh_indicator(past[::-1])


def track(told: Sequence[float]) -> Track:
    """Seven outlooks of a series that goes up and down by chance, and what an indicator adds."""
    rng = random.Random(5)
    values = tuple(100 + rng.uniform(-10, 10) for _ in range(28))
    outlooks = []
    for place, added in enumerate(told):
        said: dict[str, tuple[float, ...]] = {"log": (100.0,) * 4, SEASONAL_NAIVE: (95.0,) * 4}
        came = values[4 * place : 4 * place + 4] or (110.0,) * 4
        said[NAME] = tuple(100 + added * (value - 100) for value in came)
        outlooks.append(Outlook(FIRST + WEEK * 4 * place, "log", said, (0.1,) * 4, 5.0))
    return Track(FIRST, values, tuple(outlooks))


def test_an_indicator_that_helped_is_put_on_the_combination_and_named() -> None:
    (found,) = combine_all([track([0.9] * 8)])
    newest = found.outlooks[-1]
    assert newest.model == "weighted-with-indicator/1"
    assert newest.indicator is not None
    assert (newest.indicator.series, newest.indicator.weight) == ("brent", 1)
    (alone,) = combine_all([bare(track([0.9] * 8))])
    added = sum(newest.centre) - sum(alone.outlooks[-1].centre)
    assert newest.indicator.effect == pytest.approx(added) == pytest.approx(36)
    assert [one.indicator for one in found.outlooks[:4]] == [None] * 4


def test_an_indicator_that_did_not_help_changes_nothing() -> None:
    (found,), (alone,) = combine_all([track([-0.5, 0.3] * 4)]), combine_all([bare(track([0.0] * 8))])
    assert [(one.centre, one.model) for one in found.outlooks] == [(one.centre, one.model) for one in alone.outlooks]


def test_what_another_indicator_had_added_says_nothing_of_this_one() -> None:
    *before, newest = track([0.9] * 8).outlooks
    said = {name: values for name, values in newest.candidates.items() if name != NAME}
    other = replace(newest, candidates={**said, beside("rate"): newest.candidates[NAME]})
    (found,) = combine_all([replace(track([]), outlooks=(*before, other))])
    assert found.outlooks[-1].indicator is None


def bare(given: Track) -> Track:
    outlooks = [
        replace(one, candidates={name: said for name, said in one.candidates.items() if name != NAME})
        for one in given.outlooks
    ]
    return replace(given, outlooks=tuple(outlooks))

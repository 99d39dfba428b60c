from datetime import date
from math import isfinite

import numpy as np
import pytest

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.beside import add_indicator
from services.forecasting.forecasts.domain.outlook import MOST, SEASONAL_NAIVE, Outlook, Scale, beside, indicator_of
from services.forecasting.indicators.domain import Weekly

FIRST, WEEKS, BEHIND = date(2024, 1, 1), 120, 3
NAME = beside("brent")


def wandering(seed: int = 1) -> list[float]:
    rng = np.random.default_rng(seed)
    return [100 + float(at) for at in np.cumsum(rng.normal(0, 1, WEEKS + BEHIND))]


def following(moves: list[float], seed: int = 2) -> list[float]:
    """What sold three weeks behind the indicator, up to the week for which it is known."""
    chance = np.random.default_rng(seed).normal(0, 0.03, WEEKS)
    return [float(value) for value in np.exp(8 + 0.05 * np.array(moves[:WEEKS]) - 5 + chance)]


MOVES = wandering()
SOLD = following(MOVES)
BRENT = Weekly("brent", FIRST, tuple(MOVES[BEHIND:]))


def outlook(values: list[float], scale: Scale = "log") -> Outlook:
    said = {scale: (values[-1],) * 4, SEASONAL_NAIVE: (values[-1],) * 4}
    return Outlook(FIRST + WEEK * len(values), scale, said, (0.1,) * 4, 1.0)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_an_indicator_that_is_followed_makes_a_candidate_that_is_nearer(scale: Scale) -> None:
    errors = []
    for known in range(96, 117, 4):
        given = outlook(SOLD[:known], scale)
        found = add_indicator(SOLD[:known], FIRST, given, [BRENT])
        came = np.array(SOLD[known : known + 4])
        errors.append([np.abs(came - np.array(found.candidates[name])).mean() for name in (NAME, scale)])
        assert {name: said for name, said in found.candidates.items() if name != NAME} == given.candidates
    told, alone = np.mean(errors, axis=0)
    assert told < 0.92 * alone


def test_what_is_said_of_the_weeks_from_the_origin_on_does_not_matter() -> None:
    known = SOLD[:100]
    later = Weekly("brent", FIRST, (*BRENT.values[:100], *(value and value * 9 for value in BRENT.values[100:])))
    assert add_indicator(known, FIRST, outlook(known), [later]) == add_indicator(known, FIRST, outlook(known), [BRENT])


def test_where_it_began_before_the_series_more_of_it_is_known() -> None:
    earlier = Weekly("brent", FIRST - WEEK * 30, (*(100.0 + at % 3 for at in range(30)), *BRENT.values))
    assert NAME in add_indicator(SOLD, FIRST, outlook(SOLD), [earlier]).candidates


def test_of_several_the_one_that_is_followed_is_taken_in_whatever_order_they_come() -> None:
    others = [Weekly(f"other-{seed}", FIRST, tuple(wandering(seed)[:WEEKS])) for seed in range(10, 16)]
    given = outlook(SOLD)
    found = add_indicator(SOLD, FIRST, given, [*others, BRENT])
    assert found == add_indicator(SOLD, FIRST, given, [BRENT, *reversed(others)])
    assert [name for name in found.candidates if indicator_of(name) is not None] == [NAME]


def test_what_is_not_followed_makes_no_candidate() -> None:
    for seed in range(20, 30):
        rng = np.random.default_rng(seed)
        sold = np.exp(8 + rng.normal(0, 0.1, WEEKS)).tolist()
        assert add_indicator(sold, FIRST, outlook(sold), [BRENT]) == outlook(sold)


NOTHING = None
UNUSABLE = {
    "out of date": (*BRENT.values[: WEEKS - 6], *(NOTHING,) * 6),
    "younger than a year": (*(NOTHING,) * 70, *BRENT.values[70:]),
    "constant": (7.5,) * WEEKS,
    "all zero": (0.0,) * WEEKS,
    "of one point": (*(NOTHING,) * (WEEKS - 1), 3.0),
    "only later": (*(NOTHING,) * WEEKS, 3.0),
    "empty": (),
}


@pytest.mark.parametrize("values", UNUSABLE.values(), ids=UNUSABLE)
def test_what_says_nothing_is_left_out(values: tuple[float | None, ...]) -> None:
    assert add_indicator(SOLD, FIRST, outlook(SOLD), [Weekly("x", FIRST, values)]) == outlook(SOLD)


@pytest.mark.parametrize("absurd", [1.7e308, -1.7e308, 1e-308, 0.0, -1.0])
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_an_absurd_number_harms_neither_the_outlook_nor_another_indicator(absurd: float, scale: Scale) -> None:
    for place in (0, 60, WEEKS - 1):
        odd = Weekly("odd", FIRST, (*BRENT.values[:place], absurd, *BRENT.values[place + 1 :]))
        found = add_indicator(SOLD, FIRST, outlook(SOLD, scale), [odd, BRENT])
        assert all(isfinite(value) for said in found.candidates.values() for value in said)
        assert max(map(max, found.candidates.values())) <= MOST * max(SOLD)
        assert NAME in found.candidates or beside("odd") in found.candidates


def test_a_gap_of_the_indicator_is_filled_with_what_was_known() -> None:
    monthly = Weekly("brent", FIRST, tuple(value if at % 4 == 0 else None for at, value in enumerate(BRENT.values)))
    found = add_indicator(SOLD, FIRST, outlook(SOLD), [monthly])
    assert all(isfinite(value) for said in found.candidates.values() for value in said)


def test_a_short_series_and_one_without_a_model_stay_as_they_are() -> None:
    short = SOLD[:50]
    assert add_indicator(short, FIRST, outlook(short), [BRENT]) == outlook(short)
    simple = Outlook(FIRST + WEEK * WEEKS, "linear", {SEASONAL_NAIVE: (1.0,) * 4}, (0.1,) * 4, 1.0)
    assert add_indicator(SOLD, FIRST, simple, [BRENT]) == simple

from datetime import date

import pytest
from hypothesis import given, strategies as st

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.combination import Pair, Pooled, combine_all, weigh
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Outlook, Track

FIRST = date(2026, 1, 5)
ERROR = st.floats(0, 1e6)
PAIRS = st.lists(st.tuples(ERROR, ERROR), max_size=5)
ERRORS = st.dictionaries(st.sampled_from("abc"), PAIRS)


def said(weeks: int, **candidates: float) -> Outlook:
    rows = {SEASONAL_NAIVE if name == "naive" else name: (value,) * 4 for name, value in candidates.items()}
    return Outlook(FIRST + WEEK * weeks, "linear", rows, (1.0,) * 4, 1.0)


def summed(errors: dict[str, list[Pair]]) -> dict[str, Pooled]:
    """As they are kept of all series."""
    found = {name: Pooled() for name in errors}
    for name, pairs in errors.items():
        for pair in pairs:
            found[name].add(*pair)
    return found


@given(own=ERRORS, pooled=ERRORS)
def test_weights_are_shares(own: dict[str, list[Pair]], pooled: dict[str, list[Pair]]) -> None:
    weights = weigh("abc", own, summed(pooled))

    assert sum(weights.values()) == pytest.approx(1)
    assert all(weight >= 0 for weight in weights.values())


def test_who_was_nearer_counts_more_and_one_series_says_less_than_all() -> None:
    pooled = {"a": [(1.0, 1.0)] * 50, "b": [(2.0, 1.0)] * 50}

    assert weigh("ab", {}, summed(pooled))["a"] > 0.9
    assert weigh("ab", {"a": [(2.0, 1.0)], "b": [(1.0, 1.0)]}, summed(pooled))["a"] > 0.5
    assert weigh("ab", {"a": [(2.0, 1.0)] * 80, "b": [(1.0, 1.0)] * 80}, summed(pooled))["b"] > 0.9


def test_who_was_there_only_for_hard_series_is_not_the_worse_for_it() -> None:
    """Each is judged beside the naive forecast of the same origins."""
    pooled = {"easy": [(0.5, 0.5)] * 40, "hard": [(4.0, 8.0)] * 10}

    assert weigh(["easy", "hard"], {}, summed(pooled))["hard"] > 0.9


def test_of_what_nothing_is_known_the_models_are_expected_to_be_better() -> None:
    """A short series has no origins behind; equal weights would be those of the worst candidates too."""
    candidates = (SEASONAL_NAIVE, "recent-mean", "seasonal-mean", "linear", "log")

    weights = weigh(candidates, {}, {})

    assert weights["linear"] + weights["log"] > 0.9


def test_what_is_expected_gives_way_to_what_is_known() -> None:
    pooled = {"log": [(1.5, 1.0)] * 60, SEASONAL_NAIVE: [(1.0, 1.0)] * 60}

    assert weigh(pooled, {}, summed(pooled))[SEASONAL_NAIVE] > 0.8


def test_where_the_naive_forecast_was_exact_it_counts() -> None:
    exact: dict[str, list[Pair]] = {SEASONAL_NAIVE: [(0.0, 0.0)] * 6, "a": [(3.0, 0.0)] * 6}

    assert weigh(exact, exact, summed(exact))[SEASONAL_NAIVE] > 0.99


def test_an_outlook_is_combined_by_what_was_known_at_its_origin() -> None:
    """Weeks that are not over when it is made do not matter to it."""
    outlooks = (said(4, a=100, naive=90), said(6, a=100, naive=90), said(8, a=100, naive=90))
    tracks = [Track(FIRST, values, outlooks) for values in ((100.0,) * 8, (100.0,) * 6 + (90.0,) * 2)]

    (steady,), (turned,) = combine_all(tracks[:1]), combine_all(tracks[1:])

    assert [one.centre for one in steady.outlooks[:2]] == [one.centre for one in turned.outlooks[:2]]
    assert steady.outlooks[2].centre[0] > turned.outlooks[2].centre[0]


def test_what_was_said_stays_as_it_was() -> None:
    (once,) = combine_all([Track(FIRST, (100.0,) * 8, (said(4, a=100, naive=90),))])
    (again,) = combine_all([Track(FIRST, (50.0,) * 12, (*once.outlooks, said(8, a=50, naive=90)))])

    assert again.outlooks[0] == once.outlooks[0]


def test_a_series_that_the_models_do_not_understand_gets_the_seasonal_naive_forecast() -> None:
    """Other series understand them well, so that their weight is great here too."""
    odd = Track(FIRST, (10.0,) * 30, tuple(said(at, log=30, naive=11) for at in range(4, 25, 4)))
    others = [Track(FIRST, (10.0,) * 30, tuple(said(at, log=10, naive=30) for at in range(4, 25, 4))) for _ in range(9)]

    found = combine_all([odd, *others])

    assert (found[0].outlooks[-1].model, found[0].outlooks[-1].centre[0]) == (f"{SEASONAL_NAIVE}/1", 11)
    assert found[1].outlooks[-1].model == "weighted/1"

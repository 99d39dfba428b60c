from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.forecasting.activity.domain import Disputes, Usage
from services.forecasting.scores.domain.health import WEIGHTS, Signs, health_of
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import CHURN, CHURN_MODEL, Score
from tests.unit.forecasting.facts import ADA, at

CUT = date(2026, 3, 2)
WEEKLY = Rhythm(20, 1.95, 0.1)


def health(churn: float, signs: Signs, silent: int = 3, days: int = 20) -> Score:
    history = History(CUT - timedelta(days=200), CUT - timedelta(days=silent), days)
    return health_of(ADA, history, Score(ADA, CHURN, churn, "", (), CHURN_MODEL), signs, CUT)


def disputes(count: int) -> Disputes:
    return Disputes(count, at("2026-02-01"), at("2026-02-02"), ADA)


def test_weights_sum_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_nothing_speaks_against_who_buys_as_ever() -> None:
    found = health(0.0, Signs(WEEKLY, Usage(10, 30, 10, 30)))

    assert (found.value, found.band) == (1.0, "healthy")
    assert [part.effect for part in found.contributions] == [0.0] * 4


def test_everything_speaks_against_who_leaves_in_anger() -> None:
    found = health(1.0, Signs(WEEKLY, Usage(0, 30, 0, 30), disputes(20)), silent=120)

    assert found.value == pytest.approx(0, abs=1e-5)
    assert found.band == "poor"
    assert {part.input: part.effect for part in found.contributions} == {
        name: pytest.approx(-weight, abs=1e-5) for name, weight in WEIGHTS.items()
    }


@pytest.mark.parametrize(
    "worse",
    [
        (0.6, Signs(WEEKLY, Usage(10, 30, 10, 30)), 3),
        (0.2, Signs(WEEKLY, Usage(10, 30, 10, 30)), 60),
        (0.2, Signs(WEEKLY, Usage(2, 30, 2, 30)), 3),
        (0.2, Signs(WEEKLY, Usage(10, 30, 10, 30), disputes(1)), 3),
    ],
    ids=["likelier to leave", "silent", "uses less", "disputes"],
)
def test_each_input_takes_away(worse: tuple[float, Signs, int]) -> None:
    churn, signs, silent = worse

    assert health(churn, signs, silent).value < health(0.2, Signs(WEEKLY, Usage(10, 30, 10, 30))).value


def test_what_is_not_known_is_no_input_and_the_others_weigh_more() -> None:
    """One gap is no rhythm, and two choices are no use."""
    found = health(1.0, Signs(Rhythm(1, 2.0, 0.0), Usage(0, 2, 0, 2)))

    assert [part.input for part in found.contributions] == ["churn_28d", "open_disputes"]
    assert found.contributions[0].effect == pytest.approx(-0.6 / 0.75, abs=1e-5)


def test_of_who_bought_once_the_band_says_that() -> None:
    assert health(0.1, Signs(), days=1).band == "bought_once"


@given(
    churn=st.floats(0, 1),
    silent=st.integers(-5, 4000),
    usage=st.none() | st.builds(Usage, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)),
    count=st.integers(0, 100_000),
    rhythm=st.none() | st.builds(Rhythm, st.integers(1, 364), st.floats(0, 6), st.floats(0, 9)),
)
def test_health_is_between_nothing_and_one_and_is_the_sum_of_what_is_told(
    churn: float, silent: int, usage: Usage | None, count: int, rhythm: Rhythm | None
) -> None:
    found = health(churn, Signs(rhythm, usage, disputes(count) if count else None), silent)

    assert 0 <= found.value <= 1
    assert found.value == pytest.approx(1 + sum(part.effect or 0.0 for part in found.contributions), abs=1e-5)

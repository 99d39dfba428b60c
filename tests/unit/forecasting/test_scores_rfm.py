from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.purchases import Spent
from services.forecasting.scores.domain.rfm import FREQUENCY, MONEY, RECENCY, Fifths, fifths_from, rfm_of
from services.forecasting.scores.domain.score import Score
from tests.unit.forecasting.facts import ADA

CUT = date(2026, 3, 2)
FIFTHS = Fifths({RECENCY: [7, 20, 60, 150], FREQUENCY: [1, 2, 4, 9], f"{MONEY}:DKK": [100, 500, 900, 5000]})


def score(silent: int, days: int, amount: float, currency: str | None = "DKK", fifths: Fifths = FIFTHS) -> Score:
    last = CUT - timedelta(days=silent)
    history = History(last - timedelta(days=days), last, max(days, 2), (0, 0, 0, 0))
    found = rfm_of(ADA, history, Spent(days, currency, amount), fifths, CUT)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("silent", "days", "amount", "fifths", "band"),
    [
        (7, 10, 5001, (5, 5, 5), "champion"),
        (8, 3, 600, (4, 3, 3), "loyal"),
        (3, 2, 50, (5, 2, 1), "promising"),
        (30, 2, 50, (3, 2, 1), "needs_attention"),
        (61, 9, 5000, (2, 4, 4), "cannot_lose"),
        (151, 3, 600, (1, 3, 3), "at_risk"),
        (100, 1, 100, (2, 1, 1), "sleeping"),
        (400, 0, 0, (1, 1, 1), "lost"),
    ],
)
def test_the_sum_of_fifths_and_its_band(silent: int, days: int, amount: float, fifths: Any, band: str) -> None:
    found = score(silent, days, amount)
    assert tuple(round((part.effect or 0) * 15) for part in found.contributions) == fifths
    assert found.value == pytest.approx(sum(fifths) / 15)
    assert found.band == band


@pytest.mark.parametrize("currency", ["ISK", None])
def test_money_counts_for_nothing_where_fifths_of_its_currency_are_not_known(currency: str | None) -> None:
    found = score(7, 10, 5001, currency)
    assert [part.input for part in found.contributions] == [RECENCY, FREQUENCY]
    assert (found.value, found.band) == (1.0, "champion")


def test_of_who_bought_once_ever_the_band_says_just_that() -> None:
    found = rfm_of(ADA, History(CUT, CUT, 1, (1, 1, 1, 1)), Spent(1, "DKK", 9e9), FIFTHS, CUT)
    assert found is not None
    assert found.band == "bought_once"


def test_without_fifths_there_is_no_such_score() -> None:
    assert rfm_of(ADA, History(CUT, CUT, 2, (1, 1, 1, 1)), Spent(), Fifths({}), CUT) is None


def test_a_model_is_read_again_as_it_was_kept() -> None:
    assert fifths_from(FIFTHS.parameters()) == FIFTHS


@given(silent=st.integers(0, 4000), days=st.integers(0, 364), amount=st.floats(-1e20, 1e20), more=st.integers(1, 300))
def test_who_bought_later_more_often_and_for_more_never_stands_lower(
    silent: int, days: int, amount: float, more: int
) -> None:
    value = score(silent, days, amount).value
    assert 0.2 <= value <= 1
    assert score(max(silent - more, 0), days, amount).value >= value
    assert score(silent, days + more, amount).value >= value
    assert score(silent, days, amount + more).value >= value

"""How well models did on what they had not seen, and how far their answers drifted."""

import random
from datetime import date, timedelta

import pytest

from services.forecasting.fitting.quality import judge_churn, judge_lifetime
from services.forecasting.models.domain import drift, measured
from services.forecasting.scores.domain.churn import INPUTS, Churn, Left, Term
from services.forecasting.scores.domain.habits import Buying
from services.forecasting.scores.domain.lifetime import History, Lifetime

DAY = date(2026, 1, 5)
SILENCE = Churn(0.0, tuple(Term(3.0, 1.0, 2.0 if name == INPUTS[0] else 0.0, 0.0) for name in INPUTS))
"""Who was silent for longer leaves more surely."""


def parties(*silent: int) -> Left:
    """Each so many days silent; those of more than three weeks leave."""
    return [
        (History(DAY - timedelta(days=100), DAY - timedelta(days=days), 5, (1, 1, 2, 4)), days > 21) for days in silent
    ]


def test_what_could_not_be_calculated_is_no_figure_of_a_model() -> None:
    quality = {"mase": 0.9, "share": float("nan"), "parties": 12, "weekly": {"smape": float("inf"), "series": 3}}
    assert measured(quality) == {"mase": 0.9, "parties": 12, "weekly": {"series": 3}}


def test_answers_that_are_alike_did_not_drift_and_others_did() -> None:
    rng = random.Random(1)
    then = [rng.random() for _ in range(4000)]
    alike, apart = [rng.random() for _ in range(4000)], [rng.random() ** 3 for _ in range(4000)]

    assert drift(then, then) == 0
    assert drift(then, alike) < 0.02
    assert drift(then, apart) > 0.25


@pytest.mark.parametrize(("then", "now"), [([], [0.5]), ([0.5], []), ([0.5] * 20, [0.5] * 20)])
def test_of_nothing_and_of_one_answer_there_is_no_drift(then: list[float], now: list[float]) -> None:
    assert drift(then, now) == 0


def test_a_drift_has_a_size_where_a_tenth_is_empty() -> None:
    assert 1 < drift([0.1] * 50 + [0.9] * 50, [0.1] * 100) < 10


def test_a_model_of_churn_is_judged_by_who_left() -> None:
    known = parties(*range(1, 41))

    found = judge_churn(SILENCE, (DAY, known), (DAY, known))

    assert (found["parties"], found["auc"], found["left"], found["drift"]) == (40, 1.0, 19 / 40, 0.0)
    assert found["brier"] < found["baseline_brier"]
    moved = judge_churn(SILENCE, (DAY, known), (DAY, parties(*[60] * 40)))
    assert moved["drift"] > 0.25
    assert "auc" not in moved  # all of them left, so there is no order to be right about
    assert judge_churn(SILENCE, (DAY, known), (DAY, parties(1, 2))) == {}


def test_a_model_of_purchases_is_judged_by_what_was_bought() -> None:
    model = Buying(Lifetime(0.24, 4.4, 1.8, 2.5))
    before = History(DAY - timedelta(days=200), DAY - timedelta(days=10), 5, (1, 1, 2, 4))
    foretold = model.lifetime.expected(before.at(DAY), 4.0)

    found = judge_lifetime(model, [(before, n % 2) for n in range(40)], DAY)

    assert (found["parties"], found["came"]) == (40, 20)
    assert found["foretold"] == pytest.approx(40 * foretold)
    assert found["total_error"] == pytest.approx(40 * foretold / 20 - 1)
    assert judge_lifetime(model, [(before, 0)] * 29, DAY) == {}
    assert "total_error" not in judge_lifetime(model, [(before, 0)] * 40, DAY)

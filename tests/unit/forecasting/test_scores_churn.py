"""Churn of simulated customers, of whom some buy often and some leave."""

import random
from datetime import date, timedelta
from math import log

import numpy as np
import pytest

from services.forecasting.fitting.churn import auc, fit, fit_churn
from services.forecasting.scores.domain.churn import INPUTS, WINDOWS, Churn, Left, churn_from, inputs_of
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.score import CHURN, churn_of
from tests.unit.forecasting.facts import ADA

FIRST, CUT = date(2025, 1, 6), date(2025, 12, 29)
AHEAD = timedelta(days=28)


@pytest.fixture(scope="module")
def customers() -> list[list[date]]:
    """Each buys at a pace of its own until it leaves; silence says little of those who buy seldom."""
    rng = random.Random(4)
    found = []
    for _ in range(900):
        pace, end = rng.choice([4, 12, 40]), rng.choice([400, 400, rng.randint(60, 400)])
        days, at = [], rng.random() * 60
        while at < end:
            days.append(FIRST + timedelta(days=int(at)))
            at += rng.expovariate(1 / pace)
        found.append(sorted(set(days)))
    return [days for days in found if days]


def left_at(customers: list[list[date]], cut: date) -> Left:
    rows = []
    for days in customers:
        if known := [day for day in days if day < cut]:
            recent = tuple(sum(day >= cut - timedelta(days=window) for day in known) for window in WINDOWS)
            rows.append(
                (History(known[0], known[-1], len(known), recent), not any(cut <= d < cut + AHEAD for d in days))
            )
    return rows


@pytest.fixture(scope="module")
def model(customers: list[list[date]]) -> Churn:
    found = fit_churn([(CUT - AHEAD * back, left_at(customers, CUT - AHEAD * back)) for back in (3, 2, 1)])
    assert found is not None
    assert found[1]["auc"] > found[1]["baseline_auc"]
    assert found[1]["lift"] > 1.5
    return found[0]


def test_customers_that_were_not_seen_are_put_in_order_and_their_number_is_foretold(
    customers: list[list[date]], model: Churn
) -> None:
    judged = left_at(customers, CUT)
    left = np.array([gone for _, gone in judged])
    guess = np.array([model.probability(inputs_of(history, CUT)) for history, _ in judged])
    silence = np.array([float((CUT - history.last).days) for history, _ in judged])

    assert auc(guess, left) > auc(silence, left) + 0.02
    assert guess.mean() == pytest.approx(left.mean(), rel=0.15)


def test_contributions_add_up_to_the_log_odds(customers: list[list[date]], model: Churn) -> None:
    for history, _ in left_at(customers, CUT)[:40]:
        score = churn_of(ADA, history, model, CUT)

        assert (score.name, [part.input for part in score.contributions]) == (CHURN, list(INPUTS))
        odds = model.intercept + sum(part.effect or 0 for part in score.contributions)
        assert log(score.value / (1 - score.value)) == pytest.approx(odds, abs=1e-4)


def test_a_kept_model_is_the_model(model: Churn) -> None:
    assert churn_from(model.parameters()) == model


@pytest.mark.parametrize("recent", [(0, 0, 0, 0), (14, 28, 56, 112)])
@pytest.mark.parametrize("last", [date(1, 1, 2), CUT, CUT + timedelta(days=3)])
def test_whatever_the_history_the_answer_is_a_probability(model: Churn, last: date, recent: tuple[int, ...]) -> None:
    history = History(min(last, FIRST), last, 1 + sum(recent), recent)

    assert 0 <= model.probability(inputs_of(history, CUT)) <= 1


def test_where_too_few_left_there_is_no_model(customers: list[list[date]]) -> None:
    parties = [(history, False) for history, _ in left_at(customers, CUT)]

    assert fit([(CUT, parties)]) is None
    assert fit_churn([(CUT, parties)] * 3) is None
    assert fit_churn([(CUT, [])] * 3) is None

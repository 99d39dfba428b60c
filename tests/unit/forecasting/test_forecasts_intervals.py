import random
from statistics import NormalDist

import pytest
from hypothesis import given, strategies as st

from services.forecasting.forecasts.domain.intervals import calibrate

SCORES = st.lists(st.floats(0, 50), max_size=200)


def test_without_evidence_intervals_are_wider_than_a_models_own() -> None:
    factors = calibrate([])

    assert factors.for80 > NormalDist().inv_cdf(0.9)
    assert factors.for95 > NormalDist().inv_cdf(0.975)


@given(scores=SCORES)
def test_the_wider_interval_holds_the_narrower(scores: list[float]) -> None:
    factors = calibrate(scores)

    assert 0 < factors.for80 <= factors.for95


@given(scores=SCORES, seed=st.randoms())
def test_the_order_of_the_evidence_does_not_matter(scores: list[float], seed: random.Random) -> None:
    shuffled = list(scores)
    seed.shuffle(shuffled)

    assert calibrate(shuffled) == calibrate(scores)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_new_errors_fall_into_the_intervals_as_often_as_promised(scale: float) -> None:
    """Whatever the model thought of its spread: too wide, right or far too narrow."""
    rng = random.Random(7)
    factors = calibrate([abs(rng.gauss(0, scale)) for _ in range(4_000)])
    news = [abs(rng.gauss(0, scale)) for _ in range(4_000)]

    assert sum(score <= factors.for80 for score in news) / 4_000 == pytest.approx(0.80, abs=0.02)
    assert sum(score <= factors.for95 for score in news) / 4_000 == pytest.approx(0.95, abs=0.012)

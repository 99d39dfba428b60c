from datetime import date, timedelta
from math import exp

import pytest

from services.forecasting.scores.domain.churn import INPUTS, Term
from services.forecasting.scores.domain.habits import Buying, Habits, buying_from
from services.forecasting.scores.domain.lifetime import History, Lifetime
from services.forecasting.scores.domain.score import (
    ALIVE,
    EXPECTED,
    Published,
    Score,
    announce_score,
    scores_of,
    worth_publishing,
)
from tests.unit.forecasting.facts import ADA, at

MODEL = Buying(Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426))
TODAY, YESTERDAY = date(2026, 3, 2), date(2026, 3, 1)


def bought(repeats: int, recency: int, age: int) -> History:
    """A party that came back so often, the last time `recency` weeks after the first purchase, `age` weeks ago."""
    first = TODAY - timedelta(weeks=age)
    return History(first, first + timedelta(weeks=recency), repeats + 1, (0, 0, 0, 0))


def score(value: float, band: str) -> Score:
    return Score(ADA, ALIVE, value, band, ())


@pytest.mark.parametrize(
    ("before", "value", "band", "said"),
    [
        (None, 0.9, "active", True),
        (Published(0.80, "active", YESTERDAY), 0.85, "active", False),
        (Published(0.80, "active", YESTERDAY), 0.91, "active", True),
        (Published(0.76, "active", YESTERDAY), 0.74, "cooling", True),
        (Published(0.10, "lapsed", TODAY), 0.90, "active", False),
    ],
    ids=["first", "hardly moved", "moved", "other band", "said today"],
)
def test_a_score_is_published_when_it_says_something_new(
    before: Published | None,
    value: float,
    band: str,
    said: bool,
) -> None:
    known = {} if before is None else {(ADA, ALIVE): before}

    assert bool(worth_publishing([score(value, band)], known, TODAY)) is said


def test_an_announcement_says_what_the_score_is_made_of() -> None:
    (alive, _) = scores_of(ADA, bought(3, 5, 6), MODEL, TODAY)

    said = announce_score(alive, "bgnbd/2026-03-02", TODAY, at("2026-03-02"))

    assert (said.party_id, said.score, said.band) == (ADA, "p_alive", "active")
    assert said.value == pytest.approx(alive.value, abs=1e-6)
    assert said.as_of == at("2026-03-02", 0)
    assert [part.input for part in said.contributions] == [
        "repeat_purchase_days",
        "weeks_since_last_purchase",
        "weeks_since_first_purchase",
    ]


def test_a_silent_regular_is_lapsed_and_silence_is_why() -> None:
    alive, _ = scores_of(ADA, bought(10, 10, 40), MODEL, TODAY)

    assert alive.band == "lapsed"
    silence = next(part for part in alive.contributions if part.input == "weeks_since_last_purchase")
    assert silence.value == 30.0
    assert silence.effect is not None
    assert silence.effect < -0.9


def test_a_party_that_bought_once_is_not_called_active() -> None:
    alive, ahead = scores_of(ADA, bought(0, 0, 52), MODEL, TODAY)

    assert (alive.value, alive.band) == (1.0, "bought_once")
    assert (ahead.name, ahead.band) == (EXPECTED, "rare")


def test_a_busy_party_is_expected_weekly() -> None:
    _, ahead = scores_of(ADA, bought(60, 30, 30), MODEL, TODAY)

    assert ahead.band == "weekly"
    assert 4 < ahead.value < 8


def test_habits_are_a_factor_that_stands_among_the_contributions() -> None:
    term = {"mean": 0.0, "deviation": 1.0, "squared": 0.0}
    habits = Habits(1.0, tuple(Term(weight=0.0, **term) for _ in INPUTS))
    one, beside = bought(3, 5, 6), Buying(MODEL.lifetime, habits)

    (alive, plain), (still, ahead) = scores_of(ADA, one, MODEL, TODAY), scores_of(ADA, one, beside, TODAY)

    assert still == alive
    assert ahead.value == pytest.approx(plain.value * exp(1.0))
    (part,) = [part for part in ahead.contributions if part not in plain.contributions]
    assert (part.input, part.value) == ("habits", 2.718)
    assert part.effect == pytest.approx(ahead.value - plain.value, abs=1e-6)
    assert buying_from(beside.parameters()) == beside
    assert buying_from(MODEL.parameters()) == MODEL
    assert buying_from({"r": 1.0, "alpha": 2.0, "a": 3.0, "b": 4.0, "level": 1.1}).lifetime.at_once == 0.0


@pytest.mark.parametrize("intercept", [-1e6, 1e6])
def test_no_habit_makes_an_absurd_number(intercept: float) -> None:
    habits = Habits(intercept, tuple(Term(0.0, 1.0, 0.0, 0.0) for _ in INPUTS))

    _, ahead = scores_of(ADA, bought(3, 5, 6), Buying(MODEL.lifetime, habits), TODAY)

    assert 0 < ahead.value < 1e4

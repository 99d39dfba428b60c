from datetime import date

import pytest

from services.forecasting.scores.domain.lifetime import Lifetime, Pattern
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

MODEL = Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426)
TODAY, YESTERDAY = date(2026, 3, 2), date(2026, 3, 1)


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
    (alive, _) = scores_of(ADA, Pattern(3, 5.0, 6.0), MODEL)

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
    alive, _ = scores_of(ADA, Pattern(10, 10.0, 40.0), MODEL)

    assert alive.band == "lapsed"
    silence = next(part for part in alive.contributions if part.input == "weeks_since_last_purchase")
    assert silence.value == 30.0
    assert silence.effect is not None
    assert silence.effect < -0.9


def test_a_party_that_bought_once_is_not_called_active() -> None:
    alive, ahead = scores_of(ADA, Pattern(0, 0.0, 52.0), MODEL)

    assert (alive.value, alive.band) == (1.0, "bought_once")
    assert (ahead.name, ahead.band) == (EXPECTED, "rare")


def test_a_busy_party_is_expected_weekly() -> None:
    _, ahead = scores_of(ADA, Pattern(60, 29.8, 30.0), MODEL)

    assert ahead.band == "weekly"
    assert 4 < ahead.value < 8

"""Scores of a party as they are published: when they matter, and what made them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.forecasting.cuts.domain import instant
from services.forecasting.scores.domain.churn import INPUTS, Churn, inputs_of
from services.forecasting.scores.domain.habits import WEEKS_AHEAD, Buying
from services.forecasting.scores.domain.lifetime import History, Lifetime, Pattern
from shared.events.insights import Contribution, ScoreComputed

MODEL = "bgnbd"
CHURN_MODEL = "churn"
HEALTH_MODEL = "health"
RFM_MODEL = "rfm"
ALIVE, EXPECTED, CHURN, HEALTH, RFM = "p_alive", "expected_purchases_28d", "churn_28d", "health", "rfm"
MOVED = 0.1
_ALIVE_BANDS = ((0.75, "active"), (0.5, "cooling"), (0.25, "at_risk"), (0.0, "lapsed"))
_CHURN_BANDS = ((0.75, "leaving"), (0.5, "likely"), (0.25, "possible"), (0.0, "staying"))
_EXPECTED_BANDS = ((4.0, "weekly"), (2.0, "fortnightly"), (1.0, "monthly"), (0.25, "occasional"), (0.0, "rare"))


@dataclass(frozen=True, slots=True)
class Score:
    party_id: UUID
    name: str
    value: float
    band: str
    contributions: tuple[Contribution, ...]
    model: str = MODEL


@dataclass(frozen=True, slots=True)
class Published:
    """A score as its last event said."""

    value: float
    band: str
    as_of: date


def scores_of(party_id: UUID, history: History, model: Buying, cut: date) -> list[Score]:
    """P(alive), and purchase days expected in the next 28 days."""
    pattern, lifetime = history.at(cut), model.lifetime
    alive, ahead = lifetime.alive(pattern), model.ahead(history, cut)
    parts = _contributions(pattern, lifetime, ahead=True)
    if model.habits is not None:
        factor = model.factor(history, cut)
        parts = (*parts, Contribution(input="habits", value=round(factor, 3), effect=round(ahead - ahead / factor, 6)))
    return [
        Score(party_id, ALIVE, alive, _alive_band(alive, pattern), _contributions(pattern, lifetime, ahead=False)),
        Score(party_id, EXPECTED, ahead, band_of(ahead, _EXPECTED_BANDS), parts),
    ]


def churn_of(party_id: UUID, history: History, model: Churn, cut: date) -> Score:
    """The probability that nothing is bought in the next 28 days; effects are on its log odds."""
    inputs = inputs_of(history, cut)
    value = model.probability(inputs)
    parts = tuple(
        Contribution(input=name, value=round(given, 3), effect=round(effect, 6))
        for name, given, effect in zip(INPUTS, inputs, model.effects(inputs), strict=True)
    )
    return Score(party_id, CHURN, value, band_of(value, _CHURN_BANDS), parts, CHURN_MODEL)


def worth_publishing(
    scores: Iterable[Score], published: Mapping[tuple[UUID, str], Published], as_of: date
) -> list[Score]:
    """New ones, and those whose band changed or that moved by more than 0.1; never two for one day."""
    return [score for score in scores if _matters(score, published.get((score.party_id, score.name)), as_of)]


def announce_score(score: Score, model: str, as_of: date, recorded_at: datetime) -> ScoreComputed:
    return ScoreComputed(
        party_id=score.party_id,
        score=score.name,
        value=round(score.value, 6),
        band=score.band,
        model=model,
        as_of=instant(as_of),
        contributions=list(score.contributions),
        recorded_at=recorded_at,
    )


def _matters(score: Score, before: Published | None, as_of: date) -> bool:
    if before is None:
        return True
    return as_of > before.as_of and (score.band != before.band or abs(score.value - before.value) > MOVED)


def _alive_band(value: float, pattern: Pattern) -> str:
    """BG/NBD cannot tell about a party that bought once: it is alive by definition, so its band says what is known."""
    return band_of(value, _ALIVE_BANDS) if pattern.repeats else "bought_once"


def band_of(value: float, bands: tuple[tuple[float, str], ...]) -> str:
    """The first of the bands, the highest first, that the value reaches; the last where rounding put it below."""
    return next((name for least, name in bands if value >= least), bands[-1][1])


def _contributions(pattern: Pattern, model: Lifetime, *, ahead: bool) -> tuple[Contribution, ...]:
    """Each input, and what the score would lose or gain without what it says.

    Repeats against one repeat; silence against a purchase at the cut; age only places the other two.
    """
    value = _value(pattern, model, ahead=ahead)
    silence = pattern.age - pattern.recency
    fewer = Pattern(min(pattern.repeats, 1), pattern.recency, pattern.age)
    fresh = Pattern(pattern.repeats, pattern.age, pattern.age) if pattern.repeats else pattern
    return (
        Contribution(
            input="repeat_purchase_days",
            value=float(pattern.repeats),
            effect=round(value - _value(fewer, model, ahead=ahead), 6),
        ),
        Contribution(
            input="weeks_since_last_purchase",
            value=round(silence, 3),
            effect=round(value - _value(fresh, model, ahead=ahead), 6),
        ),
        Contribution(input="weeks_since_first_purchase", value=round(pattern.age, 3)),
    )


def _value(pattern: Pattern, model: Lifetime, *, ahead: bool) -> float:
    return model.expected(pattern, WEEKS_AHEAD) if ahead else model.alive(pattern)

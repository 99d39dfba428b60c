"""How well a party stands, from 0 to 1: what speaks against it takes away at most its weight."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.forecasting.activity.domain import Disputes, Usage
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.purchases import Spent
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import HEALTH, HEALTH_MODEL, Score, band_of
from shared.events.insights import Contribution

WEIGHTS = {
    "churn_28d": 0.6,
    "probability_of_a_longer_gap": 0.1,
    "use_beside_before": 0.15,
    "open_disputes": 0.15,
}
"""An input that is not known counts for nothing, and the others for so much more."""
_UNUSUAL = 0.2
"""A silence that is shorter than so many of the party's own gaps takes nothing away."""
_FEWEST_GAPS = 2
_FEWEST_CHOICES = 3
_BANDS = ((0.75, "healthy"), (0.5, "fair"), (0.25, "weak"), (0.0, "poor"))


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a party beside its purchase days, None where nothing is."""

    rhythm: Rhythm | None = None
    usage: Usage | None = None
    disputes: Disputes | None = None
    spent: Spent | None = None


def health_of(party_id: UUID, history: History, churn: Score, signs: Signs, cut: date) -> Score:
    """Each input with what it takes away. Of who bought once little is known, so the band says just that."""
    known = list(_inputs(churn.value, signs, (cut - history.last).days))
    whole = sum(WEIGHTS[name] for name, _, _ in known)
    parts = tuple(
        Contribution(input=name, value=round(value, 6), effect=round(-WEIGHTS[name] / whole * against, 6) + 0.0)
        for name, value, against in known
    )
    value = max(1 + sum(part.effect or 0.0 for part in parts), 0.0)
    band = band_of(value, _BANDS) if history.days > 1 else "bought_once"
    return Score(party_id, HEALTH, value, band, parts, HEALTH_MODEL)


def _inputs(churn: float, signs: Signs, silent: int) -> Iterator[tuple[str, float, float]]:
    """Name, value, and from 0 to 1 how much that speaks against the party."""
    yield "churn_28d", churn, churn
    if signs.rhythm is not None and signs.rhythm.gaps >= _FEWEST_GAPS:
        longer = signs.rhythm.longer(silent)
        yield "probability_of_a_longer_gap", longer, max(1 - longer / _UNUSUAL, 0.0)
    if signs.usage is not None and signs.usage.before >= _FEWEST_CHOICES:
        beside = signs.usage.recent * 3 / signs.usage.before
        yield "use_beside_before", beside, max(1 - beside, 0.0)
    count = signs.disputes.count if signs.disputes else 0
    yield "open_disputes", float(count), 1 - 0.5**count

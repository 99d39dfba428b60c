"""Which model of a name is used, and what its age does to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite, log

from services.forecasting.cuts.domain import instant
from shared.engine.event import Emission
from shared.events.insights import ModelPromoted
from shared.ids import derived_id

PROMOTED = ("bgnbd", "churn")
"""Models that an earlier or a later one may take the place of; others are made anew with each use."""
_PARTS = 10
_LEAST = 1e-4


@dataclass(frozen=True, slots=True)
class Promotion:
    """Since then the model of `cut` is used, or the newest where that is None. The highest `version` holds."""

    name: str
    cut: date | None
    promoted_by: str
    promoted_at: datetime
    version: int


def version_of(name: str, cut: date) -> str:
    """As scores and forecasts name what made them."""
    return f"{name}/{cut.isoformat()}"


def measured(quality: Mapping[str, object]) -> dict[str, object]:
    """Without what could not be calculated: a figure that is no finite number says nothing, and no JSON holds it."""
    return {
        name: measured(value) if isinstance(value, Mapping) else value
        for name, value in quality.items()
        if not isinstance(value, float) or isfinite(value)
    }


def drift(then: Sequence[float], now: Sequence[float]) -> float:
    """The population stability index of a model's answers: over tenths of those that it gave when it was fitted, the
    sum of (q - p) ln(q / p) (Siddiqi, Credit Risk Scorecards, 2006). Below .1 little moved, above .25 much.
    """
    if not then or not now:
        return 0.0
    ordered = sorted(then)
    bounds = sorted({ordered[len(ordered) * part // _PARTS] for part in range(1, _PARTS)})
    shares = [_shares(values, bounds) for values in (then, now)]
    return sum(((q - p) * log(q / p) for p, q in zip(*shares, strict=True)), 0.0)


def announce_promoted(promotion: Promotion) -> Emission:
    said = ModelPromoted(
        promotion_id=derived_id("promotion", promotion.name, promotion.version),
        model=promotion.name,
        cut=instant(promotion.cut) if promotion.cut else None,
        promoted_by=promotion.promoted_by,
        version=promotion.version,
        recorded_at=promotion.promoted_at,
    )
    return Emission(said, promotion.promoted_at)


def _shares(values: Sequence[float], bounds: Sequence[float]) -> list[float]:
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[sum(value >= bound for bound in bounds)] += 1
    return [max(count / len(values), _LEAST) for count in counts]

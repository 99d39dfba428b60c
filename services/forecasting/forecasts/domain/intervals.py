"""Intervals that keep their promise: the model's own spread times a factor learnt from past errors.

Split conformal prediction with scores |error| / spread, pooled over the series of one kind (Vovk et al. 2005; Lei et
al. 2018). Until there are enough past errors, errors of a Student t distribution with 4 degrees of freedom stand in: a
model's own intervals are too narrow, because it takes itself for true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, ceil, cos, sqrt

_STAND_INS = 60


@dataclass(frozen=True, slots=True)
class Factors:
    """Half an interval's width in spreads."""

    for80: float
    for95: float


def calibrate(scores: Sequence[float]) -> Factors:
    """Factors from the scores of forecasts whose truth was known when they are used; order does not matter."""
    pooled = sorted([*scores, *_stand_ins()])
    return Factors(_quantile(pooled, 0.80), _quantile(pooled, 0.95))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The conformal quantile: with one more unseen score, at least `share` of all lie at or below it."""
    return ordered[min(ceil((len(ordered) + 1) * share), len(ordered)) - 1]


def _stand_ins() -> list[float]:
    return [_student4(0.5 + (i + 0.5) / _STAND_INS / 2) for i in range(_STAND_INS)]


def _student4(p: float) -> float:
    """The quantile, for p > 1/2, of Student's t with 4 degrees of freedom, in closed form (Shaw 2006)."""
    root = sqrt(4 * p * (1 - p))
    return 2 * sqrt(cos(acos(root) / 3) / root - 1)

"""Who leaves, by tenths of health: the lift table of a score whose inputs and weights are listed."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from eval.churn import households, left_at
from eval.drawn_customers import KINDS, draw_customers
from eval.rows import Row, compare
from eval.setting import Setting
from eval.warnings import rhythm_of
from services.forecasting.fitting.churn import fit_churn
from services.forecasting.scores.domain.health import Signs, health_of
from services.forecasting.scores.domain.score import churn_of

Floats = NDArray[np.float64]
_AHEAD = timedelta(days=28)
_TENTHS = 10


def measure(setting: Setting) -> list[Row]:
    """Complete Journey's households and drawn customers, the last 28 days; neither has choices or disputes."""
    sets = {"Complete Journey": households()}
    sets |= {name: draw_customers(kind, setting.seed) for name, kind in KINDS.items()}
    return [row for name, bought in sets.items() for row in _measure_set(name, bought)]


def _measure_set(name: str, bought: Sequence[list[date]]) -> list[Row]:
    cut = max(map(max, bought)) + timedelta(days=1) - _AHEAD
    found = fit_churn([(cut - _AHEAD * step, left_at(bought, cut - _AHEAD * step)) for step in (3, 2, 1)])
    if found is None:
        return []
    known = [[day for day in days if day < cut] for days in bought]
    rhythms = [rhythm_of(days, cut) for days in known if days]
    judged = left_at(bought, cut)
    health = np.array(
        [
            health_of(UUID(int=0), history, churn_of(UUID(int=0), history, found[0], cut), Signs(rhythm), cut).value
            for (history, _), rhythm in zip(judged, rhythms, strict=True)
        ]
    )
    left = np.array([gone for _, gone in judged], dtype=float)
    silence = np.array([(cut - history.last).days for history, _ in judged], dtype=float)
    return compare("health", name, ("Rapport", _tenths(-health, left)), {"recency": _tenths(silence, left)})


def _tenths(worst_first: Floats, left: Floats) -> dict[str, float]:
    parts = np.array_split(left[np.argsort(-worst_first, kind="stable")], _TENTHS)
    shares = [float(part.mean()) for part in parts]
    return {
        "all that left": float(left.mean()),
        "worst tenth": shares[0],
        "second": shares[1],
        "third": shares[2],
        "middle": float(np.mean(shares[3:7])),
        "best three": float(np.mean(shares[7:])),
    }

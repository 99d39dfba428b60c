"""Which products sold so many or so few units in the last week that their weeks before do not explain it.

A week's units are negative binomial around the mean of the weeks before, scaled by how much all products sold; how much
they vary is learnt from all products. Chance is told from change by Benjamini and Hochberg's rule over all products.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom

from services.forecasting.fitting.false_rate import below_false_rate
from services.forecasting.warnings.domain.sales import Unusual

Floats = NDArray[np.float64]
_FALSE = 0.05
"""The share of false ones among the news."""
_BACK = 0.05
"""Less likely than this, a week is not yet a usual one."""
_FACTOR = 1.5
_FEWEST = 5


def find_unusual(sold: Mapping[str, Sequence[float]]) -> list[Unusual]:
    """Products by SKU with units a week, oldest first, all of the same weeks; by SKU."""
    names = sorted(sold)
    if len(names) < _FEWEST:
        return []
    weeks = np.maximum(np.array([sold[name] for name in names], dtype=float), 0.0)
    before, last = weeks[:, :-1], weeks[:, -1]
    level = before.sum(axis=0) / max(before.sum() / before.shape[1], 1.0)
    scale = last.sum() / max(before.sum() / before.shape[1], 1.0)
    mean = before.mean(axis=1)
    expected = np.maximum(mean * scale, 1e-3)
    spread = _dispersion(before, mean, level)
    size = 1 / spread
    chance = _two_sided(last, size, size / (size + expected))
    low, high = (nbinom.ppf(q, size, size / (size + expected)) for q in (0.025, 0.975))
    news = below_false_rate(chance, _FALSE) & (np.maximum(last, expected) >= _FACTOR * np.minimum(last + 1, expected))
    return [
        Unusual(
            names[i], int(last[i]), float(expected[i]), float(low[i]), float(high[i]), float(chance[i]), bool(news[i])
        )
        for i in np.flatnonzero(chance <= _BACK)
    ]


def _dispersion(before: Floats, mean: Floats, level: Floats) -> Floats:
    """Of each product, 1 / size of the negative binomial: by moments, shrunk to the median of all."""
    weeks = before.shape[1]
    expected = np.maximum(mean[:, None] * level[None, :], 1e-9)
    own = (((before - expected) ** 2 - expected) / expected**2).sum(axis=1) / (weeks - 1)
    usual = max(float(np.median(own[mean >= 1])) if (mean >= 1).any() else 0.0, 0.02)
    return np.asarray(np.maximum((np.maximum(own, 0.0) * weeks + usual * weeks) / (2 * weeks), 0.02))


def _two_sided(units: Floats, size: Floats, share: Floats) -> Floats:
    fewer, more = nbinom.cdf(units, size, share), nbinom.sf(units - 1, size, share)
    return np.asarray(np.minimum(2 * np.minimum(fewer, more), 1.0))

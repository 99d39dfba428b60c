"""Which of many findings are no chance."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def below_false_rate(chance: Floats, rate: float) -> NDArray[np.bool_]:
    """Those that are no chance, so that about `rate` of them are (Benjamini and Hochberg 1995)."""
    order = np.argsort(chance, kind="stable")
    passing = np.flatnonzero(chance[order] <= rate * np.arange(1, len(chance) + 1) / len(chance))
    found = np.zeros(len(chance), dtype=bool)
    if len(passing):
        found[order[: passing[-1] + 1]] = True
    return found

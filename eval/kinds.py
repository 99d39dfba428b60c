"""Series of other kinds than those that forecasts were made for: real ones that statsmodels brings, and drawn ones."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from statsmodels import datasets

from eval.values import SPACINGS, Set, make_set

Floats = NDArray[np.float64]
_SEED = 7
_ECONOMY = ("realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi", "m1", "tbilrate", "unemp", "pop")
_LONGEST = 240


def other_kinds() -> Iterator[Set]:
    """Yearly, quarterly, monthly and weekly ones of the world; hours with days and weeks in them; what sells rarely."""
    yearly = {
        "Nile": datasets.nile.load_pandas().data["volume"],
        "sunspots": datasets.sunspots.load_pandas().data["SUNACTIVITY"],
    }
    economy = datasets.macrodata.load_pandas().data
    warmth = datasets.elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    carbon = datasets.co2.load_pandas().data["co2"].interpolate()
    yield _kind("yearly", "statsmodels", yearly)
    yield _kind("quarterly", "statsmodels", {name: economy[name] for name in _ECONOMY})
    yield _kind("monthly", "statsmodels", {"El Nino": warmth})
    yield _kind("weekly", "statsmodels", {"CO2": carbon})
    rng = np.random.default_rng(_SEED)
    yield _kind("hourly", "drawn", {f"hours {n}": _hours(rng) for n in range(4)})
    yield _kind("weekly", "drawn, sells rarely", {f"rare {n}": _rare(rng, n % 4) for n in range(60)})


def _kind(spacing: str, name: str, series: Mapping[str, object]) -> Set:
    chosen = next(one for one in SPACINGS if one.name == spacing)
    rows = {one: np.asarray(values, dtype=float)[-_LONGEST:] for one, values in series.items()}
    if spacing == "hourly":
        rows = {one: np.asarray(values, dtype=float) for one, values in series.items()}
    return make_set(f"{spacing}, {name}", {one: values.tolist() for one, values in rows.items()}, chosen)


def _hours(rng: np.random.Generator) -> Floats:
    """Thirty days whose hours have a shape, the days of a week another, and the rest goes on from hour to hour."""
    count = 720
    at = np.arange(count)
    wave = 2 * np.pi * (at % 24) / 24
    day = rng.uniform(0.4, 1.2) * np.sin(wave - 2) + 0.3 * np.sin(2 * wave)
    week = rng.normal(0, 0.3, 7)[at // 24 % 7]
    rest = rng.normal(0, 0.08, count)
    for hour in range(1, count):
        rest[hour] += 0.7 * rest[hour - 1]
    return np.asarray(rng.poisson(rng.lognormal(4, 0.7) * np.exp(day + week + rest)), dtype=float)


def _rare(rng: np.random.Generator, kind: int) -> Floats:
    """Weeks of which few have sales: as often as ever, by season, ever more rarely, or ever more often."""
    weeks, often = np.arange(130), rng.uniform(0.05, 0.5)
    chances = (
        np.full(130, often),
        often * (1 + 0.8 * np.sin(2 * np.pi * weeks / 52)),
        often * np.exp(-weeks / rng.uniform(30, 100)) + 0.03,
        np.minimum(0.05 + 1.5 * often * weeks / 130, 0.9),
    )
    return np.asarray((rng.random(130) < chances[kind]) * (1 + rng.negative_binomial(1, 0.25, 130)), dtype=float)

"""What the outlooks of a cut cost, in processor seconds: other load hardly changes these, as it does their duration."""

import time
from datetime import date

import numpy as np

from eval.rows import Row
from eval.setting import Setting
from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.weekly import look_from_origins
from services.forecasting.forecasts.domain.outlook import Asked

_FIRST = date(2023, 1, 2)
_WEEKS = 156
_SERIES = 60
_WARM = 3
"""Series before those that count: the first loads and compiles the models."""
_THOUSAND, _CORES = 1000, 2


def measure(setting: Setting) -> list[Row]:
    """Drawn weekly series of three years, a third of them with a season, each looked at from the cut on."""
    rng = np.random.default_rng(setting.seed)
    asked = [_draw(rng, f"drawn {n}", seasonal=n % 3 == 0) for n in range(_SERIES)]
    look_from_origins(asked[:_WARM])
    began = time.process_time()
    look_from_origins(asked[_WARM:])
    spent = (time.process_time() - began) / (_SERIES - _WARM)
    of = f"weekly, drawn, {_WEEKS} weeks"
    return [
        Row("cost", of, "Rapport", "processor seconds a series and origin", spent),
        Row("cost", of, "Rapport", "minutes for a thousand on two free cores", spent * _THOUSAND / _CORES / 60),
    ]


def _draw(rng: np.random.Generator, name: str, *, seasonal: bool) -> Asked:
    weeks = np.arange(_WEEKS)
    wave = rng.uniform(0.1, 0.4) * np.sin(2 * np.pi * (weeks / 52 + rng.random())) if seasonal else 0.0
    growth, noise = rng.uniform(-0.004, 0.004) * weeks, rng.normal(0, 0.1, _WEEKS)
    values = np.exp(rng.uniform(6, 12) + growth + wave + noise)
    return Asked(name, _FIRST, tuple(values.tolist()), (_FIRST + WEEK * _WEEKS,))

"""The weekly model: the mean of statsforecast's AutoETS, AutoTheta and AutoCES on the logarithm of the sales.

On the logarithm, because a department's weeks differ by shares, not by amounts; measured better than on the values
themselves (README). Series too short or too empty for that get the mean of their last weeks, and say so.
"""

import warnings
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from statsforecast.models import AutoCES, AutoETS, AutoTheta

from services.forecasting.forecasts.domain.outlook import HORIZON, Outlook, mean_step

ENSEMBLE = "ets-theta-ces-log/1"
RECENT_MEAN = "recent-mean/1"
FEWEST_WEEKS = 3
_SHORT = 10
_EMPTY = 0.2
_RECENT = 8
_LEVEL = 80
_FAR = 5.0
_LEAST_SPREAD = 0.001
_Z80 = float(norm.ppf(0.9))

Floats = NDArray[np.float64]


def look_ahead(values: Sequence[float], origin: date) -> Outlook:
    """From at least FEWEST_WEEKS weekly values up to `origin`; the same values give the same outlook."""
    weeks = np.asarray(values, dtype=float)
    if len(weeks) < _SHORT or float((weeks[-26:] <= 0).mean()) > _EMPTY:
        return _recent_mean(weeks, origin)
    logs = np.log1p(np.maximum(weeks, 0))
    if float(np.ptp(logs)) == 0:
        return _recent_mean(weeks, origin)
    forecasts = [_fit(model, logs) for model in (AutoETS, AutoTheta, AutoCES)]
    sound = [(mean, spread) for mean, spread in forecasts if _sound(mean, spread, logs)]
    if not sound:
        return _recent_mean(weeks, origin)
    centre = np.mean([mean for mean, _ in sound], axis=0)
    spread = np.maximum(np.mean([spread for _, spread in sound], axis=0), _LEAST_SPREAD)
    return Outlook(origin, ENSEMBLE, "log", _floats(centre), _floats(spread), float(weeks[-1]), mean_step(values))


def _sound(mean: Floats, spread: Floats, logs: Floats) -> bool:
    """False for what is not finite, or further than a factor of 150 away from all that was: a fit that broke."""
    bounds = logs.min() - _FAR, logs.max() + _FAR
    return bool(np.all((mean > bounds[0]) & (mean < bounds[1]) & (spread >= 0) & (spread < _FAR)))


def _fit(model: type, logs: Floats) -> tuple[Floats, Floats]:
    """Centre and standard deviation of each week ahead; not finite where the model cannot be fitted to this series."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of optimisers that stopped early: the backtest judges the result
            found = model(season_length=1).forecast(y=logs, h=HORIZON, level=[_LEVEL])
    except Exception:  # noqa: BLE001 - a model that fails on one series must not take the others with it
        nothing = np.full(HORIZON, np.nan)
        return nothing, nothing
    spread = (found[f"hi-{_LEVEL}"] - found[f"lo-{_LEVEL}"]) / 2 / _Z80
    return np.asarray(found["mean"], dtype=float), np.asarray(spread, dtype=float)


def _recent_mean(weeks: Floats, origin: date) -> Outlook:
    recent = weeks[-_RECENT:]
    spread = float(recent.std(ddof=1)) * float(np.sqrt(1 + 1 / len(recent)))
    level = float(recent.mean())
    ahead = (level,) * HORIZON, (spread,) * HORIZON
    return Outlook(origin, RECENT_MEAN, "linear", *ahead, float(weeks[-1]), mean_step(weeks.tolist()))


def _floats(column: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in column)

"""What several models say of one series from an origin on. Which of them count how much is decided where all series are
known (`forecasts/domain/combination.py`).

The models of statsforecast are fitted to the values and, where none is below zero, to their logarithm, because sales
differ by shares as often as by amounts. A season longer than these models take well is taken off before, and put on
again; so is one of a few values for two of them.
"""

import warnings
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from statsforecast.models import TSB, AutoCES, AutoETS, AutoTheta, CrostonSBA

from services.forecasting.fitting.seasons import season_of, seasons_within, split_season, split_seasons
from services.forecasting.forecasts.domain.outlook import MOST, SEASONAL_NAIVE, Cadence, Outlook, mean_step

Floats = NDArray[np.float64]
Fitted = tuple[Floats, Floats]
"""Centre and spread of each step ahead."""

_SHORT = 10
_EMPTY = 0.2
_RECENT = 8
_RARE = 52
_CYCLES = 4
_UNIT = 0.25
_LONGEST = 420
_LONGEST_SEASON = 12
_FEW = 4
"""Values of a season up to which its mean foretells it better than AutoETS and AutoTheta do."""
_LEVEL = 80
_FAR = 5.0
_LEAST_SPREAD = 0.001
_UNKNOWN_SPREAD = 0.5
_Z80 = float(norm.ppf(0.9))
_MODELS = (AutoETS, AutoTheta, AutoCES)


def look_ahead(values: Sequence[float], origin: date, cadence: Cadence) -> Outlook:
    """From one value or more, the last just before `origin`; the same values give the same outlook."""
    known = np.asarray(values, dtype=float)
    season = season_of(known, cadence.seasons)
    ahead = cadence.horizon
    said = _simple(known, season, ahead)
    spread = np.full(ahead, _plain_spread(known, season))
    log = False
    if _carries_a_model(known):
        fitted = _ensembles(known[-max(_LONGEST, 3 * season) :], seasons_within(season, cadence.seasons), ahead)
        said |= {name: centre for name, (centre, _) in fitted.items()}
        # Where nothing was sold at times, shares say nothing of how far off a forecast will be.
        log = "log" in fitted and float(known[-max(_LONGEST, 3 * season) :].min()) > 0
        if (chosen := fitted.get("log" if log else "linear")) is not None:
            spread = chosen[1]
    elif len(known) >= _SHORT:
        said |= _intermittent(known, ahead)
    return Outlook(
        origin,
        "log" if log else "linear",
        {name: _floats(centre) for name, centre in said.items() if _believable(centre, known)},
        _floats(np.maximum(spread, _LEAST_SPREAD) if log else spread),
        mean_step(known.tolist(), season),
    )


def _believable(centre: Floats, known: Floats) -> bool:
    """False for what is not finite, or beyond all that the series ever showed: a candidate that diverged."""
    return bool(np.all(np.abs(centre) <= MOST * float(np.abs(known).max())))


def _carries_a_model(known: Floats) -> bool:
    recent = known[-26:]
    return len(known) >= _SHORT and float((recent == 0).mean()) <= _EMPTY and float(np.ptp(known)) > 0


def _simple(known: Floats, season: int, ahead: int) -> dict[str, Floats]:
    """What needs no fit: the last cycle once more, the mean of the last cycles, the mean of the last values."""
    place = np.arange(ahead) % season
    said = {
        SEASONAL_NAIVE: known[-season:][place],
        "recent-mean": np.full(ahead, known[-max(_RECENT, season * (season > 1)) :].mean()),
    }
    if (cycles := min(len(known) // season, _CYCLES)) > 1 and season > 1:
        said["seasonal-mean"] = known[-cycles * season :].reshape(cycles, season).mean(axis=0)[place]
    return said


def _plain_spread(known: Floats, season: int) -> float:
    """The deviation of the last values, of more of them where some are zero: what sells now and then seems constant for
    a while. Of a single value nobody knows, so it is taken as half of its size.
    """
    if len(known) < 2:
        return float(abs(known[-1])) * _UNKNOWN_SPREAD
    recent = known[-max(_RECENT, 2 * season) :]
    if not recent.all():
        recent = known[-max(_RARE, 2 * season) :]
    if not np.ptp(recent):
        recent = known
    return float(recent.std(ddof=1)) * float(np.sqrt(1 + 1 / len(recent)))


def _ensembles(known: Floats, seasons: Sequence[int], ahead: int) -> dict[str, Fitted]:
    scales: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {"linear": (_same, _same)}
    if float(known.min()) >= 0:
        unit = 1.0 if float(known.min()) > 0 else float(known.mean()) * _UNIT
        scales["log"] = (lambda values: np.log1p(values / unit)), (lambda logs: np.expm1(logs) * unit)
    found = {}
    for name, (forward, back) in scales.items():
        most = float(forward(np.abs(known).max(keepdims=True) * MOST)[0])
        if (fitted := _ensemble(forward(known), seasons, ahead, most)) is not None:
            found[name] = back(fitted[0]), fitted[1]
    return found


def _ensemble(known: Floats, seasons: Sequence[int], ahead: int, most: float) -> Fitted | None:
    """The mean of those models that could be fitted, and foretell no more than `most`."""
    fits = [_fit_seasonal(model, known, seasons, ahead) for model in _MODELS]
    sound = [fit for fit in fits if fit is not None and float(fit[0].max()) <= most]
    if not sound:
        return None
    return np.mean([centre for centre, _ in sound], axis=0), np.mean([spread for _, spread in sound], axis=0)


def _fit_seasonal(model: type, known: Floats, seasons: Sequence[int], ahead: int) -> Fitted | None:
    """None where the fit broke.

    Quarters of a few years, in which AutoTheta's test often misses a season and AutoETS has much to choose from, are
    known better by their mean; how far that may be off widens the spread. AutoCES does well with them as they are.
    """
    season = seasons[-1]
    if season > _LONGEST_SEASON:
        (left, wave), wider = split_seasons(known, seasons), 1.0
    elif 1 < season <= _FEW and model is not AutoCES:
        (left, wave), wider = split_season(known, season, drawn=False), float(np.sqrt(1 + season / len(known)))
    else:
        fit = _fit(model, known, season, ahead)
        return fit if _sound(*fit, known) else None
    centre, spread = _fit(model, left, 1, ahead)
    repeated = wave[(len(known) + np.arange(ahead)) % season]
    return (centre + repeated, spread * wider) if _sound(centre, spread, left) else None


def _sound(mean: Floats, spread: Floats, known: Floats) -> bool:
    """False for what is not finite, or further away from all that was than it could be: a fit that broke."""
    size = float(np.ptp(known))
    room = min(size * 3, max(_FAR, size))
    near = (mean > known.min() - room) & (mean < known.max() + room)
    return bool(np.all(near & (spread >= 0) & (spread <= size * 3)))


def _fit(model: type, known: Floats, season: int, ahead: int) -> Fitted:
    """Centre and standard deviation of each step ahead; not finite where the model cannot be fitted to this series."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of optimisers that stopped early: the backtest judges the result
            found = model(season_length=season).forecast(y=known, h=ahead, level=[_LEVEL])
    except Exception:  # noqa: BLE001 - a model that fails on one series must not take the others with it
        nothing = np.full(ahead, np.nan)
        return nothing, nothing
    spread = (found[f"hi-{_LEVEL}"] - found[f"lo-{_LEVEL}"]) / 2 / _Z80
    return np.asarray(found["mean"], dtype=float), np.asarray(spread, dtype=float)


def _intermittent(known: Floats, ahead: int) -> dict[str, Floats]:
    """Croston's family, for what sells now and then."""
    if float(known.min()) < 0 or not known.any():
        return {}
    croston, tsb = CrostonSBA().forecast(y=known, h=ahead), TSB(0.1, 0.1).forecast(y=known, h=ahead)
    return {name: np.asarray(found["mean"], dtype=float) for name, found in (("croston", croston), ("tsb", tsb))}


def _same(values: Floats) -> Floats:
    return values


def _floats(column: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in column)

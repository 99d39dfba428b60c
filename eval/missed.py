"""Warnings of forecasts that were missed, on drawn weekly series: how many tell of a change of level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from eval.rows import Row
from services.forecasting.cuts.domain import WEEK, instant
from services.forecasting.fitting.weekly import look_from_origins
from services.forecasting.forecasts.domain.calibration import Scores
from services.forecasting.forecasts.domain.combination import combine_all
from services.forecasting.forecasts.domain.outlook import WEEKLY, Asked, Track
from services.forecasting.warnings.domain.sales import Said, watch_forecast
from shared.events.insights import ForecastPoint

_SERIES, _WEEKS, _FIRST = 60, 120, date(2023, 9, 4)
_JUDGED, _BEHIND = 5, 4
_NEWS = 8
"""Weeks for which a change of level explains a forecast that was missed."""
Told = tuple[int, int]
"""A series, and the week up to which was known when it was told."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where the level changes, the first week of the new one."""

    values: tuple[float, ...]
    changed: int | None


def measure(seed: int) -> list[Row]:
    """Every other series changes its level once, by a third or more, up or down. A warning is right where that was in
    the eight weeks before; looked at every four weeks, with the forecast of four weeks before.
    """
    rng = np.random.default_rng(seed)
    drawn = [_draw(rng, number) for number in range(_SERIES)]
    told, plain = list[Told](), list[Told]()
    for place, cut, said in _said([_track(one) for one in drawn]):
        end = _FIRST + WEEK * cut
        came = {_FIRST + WEEK * week: round(drawn[place].values[week]) for week in range(cut - WEEKLY.horizon, cut)}
        newest = said.points[-1]
        told += [(place, cut)] if watch_forecast(said, came, end, end) else []
        plain += [(place, cut)] if not newest.lo95 <= came[end - WEEK] <= newest.hi95 else []
    ours, others = _figures(drawn, told), _figures(drawn, plain)
    name, peer = f"{_SERIES} drawn series", "the newest week outside the 95 % interval"
    return [Row("warnings", name, "Rapport, forecast_missed", each, ours[each], peer, others[each]) for each in ours]


def _draw(rng: np.random.Generator, number: int) -> Drawn:
    """A tenth more a year at most, a season, and weeks that go on from each other; a week in fifty is odd by itself."""
    at = np.arange(_WEEKS)
    rest = rng.normal(0, rng.uniform(0.05, 0.25), _WEEKS)
    for week in range(1, _WEEKS):
        rest[week] += 0.4 * rest[week - 1]
    odd = np.where(rng.random(_WEEKS) < 0.02, rng.normal(0, 0.6, _WEEKS), 0.0)
    wave = rng.uniform(0, 0.2) * np.sin(2 * np.pi * (at / 52 + rng.random()))
    changed = int(rng.integers(_WEEKS - WEEKLY.horizon * _JUDGED, _WEEKS - 1)) if number % 2 else None
    step = np.where(at >= (_WEEKS if changed is None else changed), rng.choice([-1, 1]) * rng.uniform(0.4, 1.0), 0.0)
    level = rng.normal(11, 1) + rng.uniform(0, 0.1) * at / 52
    return Drawn(tuple(float(value) for value in np.exp(level + wave + rest + odd + step)), changed)


def _track(one: Drawn) -> Track:
    origins = tuple(_FIRST + WEEK * (_WEEKS - WEEKLY.horizon * back) for back in range(_JUDGED + _BEHIND, 0, -1))
    return Track(_FIRST, one.values, tuple(look_from_origins([Asked("drawn", _FIRST, one.values, origins)])["drawn"]))


def _said(tracks: Sequence[Track]) -> Iterator[tuple[int, int, Said]]:
    """A series, the week up to which is known, and what the forecast of four weeks before says, as the service does."""
    combined, scores = combine_all(tracks), Scores()
    for track in combined:
        scores.add(track)
    factors = scores.factors_at(outlook.origin for track in combined for outlook in track.outlooks)
    for place, track in enumerate(combined):
        for outlook in track.outlooks[-_JUDGED:]:
            ranges = track.ranges(outlook, factors[outlook.origin][outlook.scale])
            points = [
                ForecastPoint(
                    at=instant(outlook.origin + WEEK * ahead),
                    mean=one.mean,
                    lo80=one.lo80,
                    hi80=one.hi80,
                    lo95=one.lo95,
                    hi95=one.hi95,
                )
                for ahead, one in enumerate(ranges)
            ]
            known = (track.end(outlook) - _FIRST) // WEEK
            yield place, known, Said(str(place), outlook.origin, outlook.model, points)


def _figures(drawn: Sequence[Drawn], told: Sequence[Told]) -> dict[str, float]:
    right = [
        (place, cut - changed)
        for place, cut in told
        if (changed := drawn[place].changed) is not None and 0 < cut - changed <= _NEWS
    ]
    changes = sum(one.changed is not None for one in drawn)
    return {
        "raised": float(len(told)),
        "precision": len(right) / len(told) if told else 0.0,
        "recall": len({place for place, _ in right}) / changes,
        "weeks after the change": float(np.mean([after for _, after in right])) if right else 0.0,
    }

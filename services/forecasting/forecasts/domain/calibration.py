"""Factors of intervals at many times: what the errors of all series that were known at each make of them."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from math import ceil

from services.forecasting.forecasts.domain.intervals import Factors, calibrate
from services.forecasting.forecasts.domain.outlook import SCALES, WEEKLY, Scale, Track

FactorsAt = Mapping[date, Mapping[Scale, Sequence[Factors]]]
"""By time and scale, a pair for each step ahead."""


class Scores:
    """How far off the outlooks of all series were, by scale and step, and by the time at which that was known.

    Numbers alone are kept, for the series may be very many. Tracks are added one after the other, combined.
    """

    def __init__(self, horizon: int = WEEKLY.horizon) -> None:
        self._horizon = horizon
        self._found: defaultdict[date, dict[tuple[Scale, int], array[float]]] = defaultdict(self._nothing)

    def add(self, track: Track) -> None:
        for outlook in track.outlooks:
            found = self._found[track.end(outlook)]
            for step, score in enumerate(outlook.scores(track.actuals(outlook))):
                if score is not None:
                    found[outlook.scale, step].append(score)

    def factors_at(self, times: Iterable[date]) -> FactorsAt:
        """Calibrated at each of the times on every outlook whose steps were over then.

        Errors of the steps beside are pooled with a step's own, so that a long horizon has enough of them for each.
        """
        pools = self._nothing()
        waiting = sorted(self._found)
        factors = {}
        for time in sorted(set(times)):
            while waiting and waiting[0] <= time:
                pools = self._joined(pools, self._found[waiting.pop(0)])
            factors[time] = {
                scale: [calibrate(pools[scale, step]) for step in range(self._horizon)] for scale in SCALES
            }
        return factors

    def _joined(
        self, pools: "Mapping[tuple[Scale, int], array[float]]", more: "Mapping[tuple[Scale, int], array[float]]"
    ) -> "dict[tuple[Scale, int], array[float]]":
        """In order, so that the next sorting has little to do."""
        near = ceil(self._horizon / 8)
        return {
            (scale, at): array("d", sorted(chain(pool, *(more[scale, step] for step in self._steps(at, near)))))
            for (scale, at), pool in pools.items()
        }

    def _steps(self, at: int, near: int) -> range:
        return range(max(at - near, 0), min(at + near + 1, self._horizon))

    def _nothing(self) -> "dict[tuple[Scale, int], array[float]]":
        return {(scale, step): array("d") for scale in SCALES for step in range(self._horizon)}

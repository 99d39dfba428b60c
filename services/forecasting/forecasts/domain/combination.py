"""How much each model counts: by its errors so far, of this series and of all of its kind.

A candidate's weight falls steeply with its error over the origins whose steps were over, as a multiple of that of the
seasonal naive forecast from the same origins: series differ in how hard they are, and not every candidate is there for
each of them. Its own is drawn to that of all series: alone, six origins say little of which model is best. A series
whose combination did clearly worse than the seasonal naive forecast gets that one; what is worse by a little is so by
chance as often as not, and changing over for it costs more than it gains (measured). What an indicator adds is no part
of that weighing: it is put on what the others make together, or not (`beside.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from statistics import fmean

from services.forecasting.forecasts.domain.beside import Compared, weigh_indicator
from services.forecasting.forecasts.domain.outlook import (
    SEASONAL_NAIVE,
    Indicator,
    Outlook,
    Scale,
    Track,
    indicator_of,
)

COMBINED, WITH_INDICATOR = "weighted", "weighted-with-indicator"
_BEFOREHAND = {"log": 4.0, "linear": 2.0}
"""What the means of fitted models count for before anything is known; any other candidate counts for 1."""
_EXPECTED = {"log": 0.8, "linear": 0.8}
"""Errors beside those of the seasonal naive forecast, before any are known; any other candidate errs as much as it."""
_AS_MANY = 1
"""Outlooks, as which that counts: soon the errors that are known say more."""
_DRAWN = 16.0
_SHARP = 8.0
_FEWEST = 4
_CLEARLY = 1.25
_LEAST_ERROR = 1e-3

Pair = tuple[float, float]
"""A candidate's scaled error from one origin, and that of the seasonal naive forecast from the same."""
Errors = defaultdict[str, list[Pair]]


@dataclass(slots=True)
class Pooled:
    """The sums of a candidate's errors, and of those of the seasonal naive forecast from the same origins."""

    count: int = 0
    error: float = 0.0
    naive: float = 0.0

    def add(self, error: float, naive: float) -> None:
        self.count, self.error, self.naive = self.count + 1, self.error + error, self.naive + naive

    def join(self, more: "Pooled") -> None:
        self.count, self.error, self.naive = self.count + more.count, self.error + more.error, self.naive + more.naive

    def beside_naive(self) -> float:
        """Where the naive forecast was exact, whatever was not is worse by far."""
        little = _LEAST_ERROR * self.count
        return (self.error + little) / (self.naive + little)


class Pools:
    """The errors of the candidates in all series together, by the time at which they were known: sums, for the series
    may be very many. Tracks are added one after the other, and need not be kept.
    """

    def __init__(self) -> None:
        self._by_end: defaultdict[date, defaultdict[Scale, defaultdict[str, Pooled]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(Pooled))
        )
        self._known: dict[date, Mapping[Scale, Mapping[str, Pooled]]] = {}

    def add(self, track: Track) -> None:
        self._known.clear()
        for outlook in track.outlooks:
            errors = _errors(track, outlook, _alone(outlook))
            for name, error in errors.items():
                self._by_end[track.end(outlook)][outlook.scale][name].add(error, errors[SEASONAL_NAIVE])

    def at(self, origin: date) -> Mapping[Scale, Mapping[str, Pooled]]:
        """By scale and candidate, of the outlooks whose steps were over at `origin`."""
        if origin not in self._known:
            summed: defaultdict[Scale, defaultdict[str, Pooled]] = defaultdict(lambda: defaultdict(Pooled))
            for end in sorted(end for end in self._by_end if end <= origin):
                for scale, found in self._by_end[end].items():
                    for name, more in found.items():
                        summed[scale][name].join(more)
            self._known[origin] = summed
        return self._known[origin]


@dataclass(slots=True)
class _Known:
    """Of one series, scaled errors by candidate, and how indicators did beside it."""

    own: Errors = field(default_factory=lambda: defaultdict(list))
    beside: list[Compared] = field(default_factory=list)

    def add(self, track: Track, outlook: Outlook) -> None:
        errors = _errors(track, outlook, {**_alone(outlook), COMBINED: outlook.centre})
        for name, error in errors.items():
            self.own[name].append((error, errors[SEASONAL_NAIVE]))
        if errors and (candidate := _beside(outlook)) is not None:
            said = outlook.candidates[outlook.scale], outlook.candidates[candidate]
            self.beside.append(Compared(candidate, outlook.origin, track.end(outlook), track.actuals(outlook), *said))


def combine(track: Track, pools: Pools) -> Track:
    """The track with a centre and a model in each outlook; those that have them keep them as they were said.

    An outlook is combined with what was known at its origin, and never with what came after it.
    """
    known = _Known()
    done: list[Outlook] = []
    waiting: list[Outlook] = []
    for outlook in sorted(track.outlooks, key=attrgetter("origin")):
        for over in [one for one in waiting if track.end(one) <= outlook.origin]:
            known.add(track, over)
            waiting.remove(over)
        said = outlook
        if not said.centre:
            alone = _combined(outlook, known.own, pools.at(outlook.origin).get(outlook.scale, {}))
            said = _with_indicator(alone, known.beside)
        done.append(said)
        waiting.append(said)
    return replace(track, outlooks=tuple(done))


def combine_all(tracks: Sequence[Track]) -> list[Track]:
    """As `combine`, each by what was known of all."""
    pools = Pools()
    for track in tracks:
        pools.add(track)
    return [combine(track, pools) for track in tracks]


def _errors(track: Track, outlook: Outlook, said: Mapping[str, tuple[float, ...]]) -> dict[str, float]:
    """By name, in mean steps; nothing where none of the steps is known, or the series never changed."""
    actuals = track.actuals(outlook)
    if outlook.step <= 0 or not actuals:
        return {}
    return {
        name: fmean(abs(a - s) for a, s in zip(actuals, values, strict=False)) / outlook.step
        for name, values in said.items()
    }


def _combined(outlook: Outlook, own: Errors, pooled: Mapping[str, Pooled]) -> Outlook:
    if _worse_than_naive(own):
        return replace(outlook, centre=outlook.candidates[SEASONAL_NAIVE], model=f"{SEASONAL_NAIVE}/1")
    weights = weigh(_alone(outlook), own, pooled)
    centre = tuple(
        sum(weights[name] * value for name, value in zip(weights, row, strict=True))
        for row in zip(*(outlook.candidates[name] for name in weights), strict=True)
    )
    return replace(outlook, centre=centre, model=f"{COMBINED}/1")


def _with_indicator(outlook: Outlook, past: Sequence[Compared]) -> Outlook:
    """What the indicator adds to the models' own, put on the combination; nothing where that was not clearly better."""
    name = _beside(outlook)
    if name is None or outlook.model != f"{COMBINED}/1":
        return outlook
    weight = weigh_indicator([one for one in past if one.candidate == name])
    if weight <= 0:
        return outlook
    pairs = zip(outlook.candidates[outlook.scale], outlook.candidates[name], strict=True)
    added = [weight * (beside - alone) for alone, beside in pairs]
    centre = tuple(value + more for value, more in zip(outlook.centre, added, strict=True))
    used = Indicator(indicator_of(name) or "", weight, sum(added))
    return replace(outlook, centre=centre, model=f"{WITH_INDICATOR}/1", indicator=used)


def _alone(outlook: Outlook) -> dict[str, tuple[float, ...]]:
    return {name: said for name, said in outlook.candidates.items() if indicator_of(name) is None}


def _beside(outlook: Outlook) -> str | None:
    """The candidate that rests on an indicator, if there is one."""
    return next((name for name in outlook.candidates if indicator_of(name) is not None), None)


def weigh(
    candidates: Iterable[str], own: Mapping[str, Sequence[Pair]], pooled: Mapping[str, Pooled]
) -> dict[str, float]:
    """Weights that sum to 1. A candidate without any past errs as much as is expected of it."""
    names = sorted(candidates)
    errors = {name: _drawn(own.get(name, ()), _general(name, pooled.get(name))) for name in names}
    best = min(errors.values())
    raw = {name: _BEFOREHAND.get(name, 1.0) * (best / error) ** _SHARP for name, error in errors.items()}
    whole = sum(raw.values())
    return {name: weight / whole for name, weight in raw.items()}


def _general(name: str, pooled: Pooled | None) -> float:
    """Its errors in all series, drawn to what is expected while these are few: of short series none is known at all."""
    expected = _EXPECTED.get(name, 1.0)
    if pooled is None or not pooled.count:
        return expected
    return (pooled.beside_naive() * pooled.count + expected * _AS_MANY) / (pooled.count + _AS_MANY)


def _drawn(own: Sequence[Pair], general: float) -> float:
    known = _summed(own).beside_naive() * len(own) if own else 0.0
    return max((known + _DRAWN * general) / (len(own) + _DRAWN), _LEAST_ERROR)


def _summed(errors: Sequence[Pair]) -> Pooled:
    return Pooled(len(errors), sum(error for error, _ in errors), sum(naive for _, naive in errors))


def _worse_than_naive(own: Errors) -> bool:
    said = own[COMBINED]
    return len(said) >= _FEWEST and sum(error for error, _ in said) > sum(naive for _, naive in said) * _CLEARLY

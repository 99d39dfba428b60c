"""Whether a forecast rests on an indicator too: only where that was clearly better so far, on this very series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from operator import attrgetter
from statistics import fmean, stdev

_FEWEST = 4
_CLEARLY = 0.05
"""Of the models' error, which the indicator must have spared at least."""
_BEYOND_CHANCE = 2.0
"""Standard errors of what it spared, from origin to origin."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An outlook whose steps were over at `end`: what came, what the models said, and what with the indicator."""

    candidate: str
    origin: date
    end: date
    came: Sequence[float]
    alone: tuple[float, ...]
    beside: tuple[float, ...]


def weigh_indicator(past: Sequence[Compared]) -> float:
    """From 0 to 1, how much of what the indicator adds is put on: that which would have been best so far.

    0 where it was not clearly better over four origins at least, of which no two have a step in common.
    """
    apart = list(_apart(past))
    if len(apart) < _FEWEST:
        return 0.0
    errors = [_error(one.came, one.alone) for one in apart]
    spared = [error - _error(one.came, one.beside) for error, one in zip(errors, apart, strict=True)]
    gain = fmean(spared)
    if gain <= fmean(errors) * _CLEARLY or gain <= _BEYOND_CHANCE * stdev(spared) / sqrt(len(spared)):
        return 0.0
    steps = [row for one in apart for row in zip(one.came, one.alone, one.beside, strict=False)]
    added = sum((beside - alone) ** 2 for _, alone, beside in steps)
    wanted = sum((beside - alone) * (came - alone) for came, alone, beside in steps)
    return min(max(wanted / added, 0.0), 1.0) if added > 0 else 0.0


def _apart(past: Sequence[Compared]) -> Iterator[Compared]:
    """The newest first."""
    begin: date | None = None
    for one in sorted(past, key=attrgetter("origin"), reverse=True):
        if begin is None or one.end <= begin:
            begin = one.origin
            yield one


def _error(came: Sequence[float], said: Sequence[float]) -> float:
    return fmean(abs(actual - value) for actual, value in zip(came, said, strict=False))

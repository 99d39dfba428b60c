"""Warnings of products that are chosen less: of drawn parties, how many tell of a change, and how soon."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from uuid import UUID

import numpy as np

from eval.rows import Row
from services.forecasting.activity.domain import Usage
from services.forecasting.warnings.domain.parties import watch_usage

_PARTIES, _LONG = 3000, 364
_RECENT, _KNOWN = 28, 112
_CUT = date(2026, 1, 5)
Rule = Callable[[Usage], bool]
"""Whether something is raised of a party."""


@dataclass(frozen=True, slots=True)
class Party:
    """Choices a day; where it uses less from some day on, that day."""

    choices: Sequence[int]
    dropped: int | None


def measure(seed: int) -> list[Row]:
    """One of five parties comes less from some day on, by at least six tenths; each looks at several products when it
    comes, and all come by a quarter less in one month. A warning is right where what it tells is a drop within the days
    that it compares.
    """
    rng = np.random.default_rng(seed)
    parties = [_draw(rng, number) for number in range(_PARTIES)]
    ours, plain = _figures(parties, _ours), _figures(parties, _plain)
    name, peer = f"{_PARTIES} drawn parties", "fewer than half as many choices"
    return [Row("warnings", name, "Rapport, usage_drop", metric, ours[metric], peer, plain[metric]) for metric in ours]


def _draw(rng: np.random.Generator, number: int) -> Party:
    day = np.arange(_LONG)
    often = float(np.clip(rng.lognormal(-1.5, 0.8), 0.02, 2.0)) * np.where((day >= 170) & (day < 200), 0.75, 1.0)
    dropped = int(rng.integers(120, 300)) if number % 5 == 0 else None
    if dropped is not None:
        often = np.where(day >= dropped, often * rng.uniform(0.0, 0.4), often)
    looked = 1 / float(rng.uniform(1, 6))
    return Party([int(rng.geometric(looked, visits).sum()) for visits in rng.poisson(often)], dropped)


def _ours(usage: Usage) -> bool:
    return watch_usage(UUID(int=1), usage, _CUT) is not None


def _plain(usage: Usage) -> bool:
    return usage.recent * 6 < usage.before


def _used(choices: Sequence[int], cut: int) -> Usage:
    recent, before = choices[cut - _RECENT : cut], choices[cut - _KNOWN : cut - _RECENT]
    return Usage(sum(recent), sum(before), sum(map(bool, recent)), sum(map(bool, before)))


def _figures(parties: Sequence[Party], rule: Rule) -> dict[str, float]:
    """At a cut every 28 days."""
    told, true, after = 0, 0, list[int]()
    for party in parties:
        raised = [cut for cut in range(_KNOWN, _LONG + 1, _RECENT) if rule(_used(party.choices, cut))]
        right = [cut for cut in raised if party.dropped is not None and party.dropped < cut < party.dropped + _KNOWN]
        told, true = told + len(raised), true + len(right)
        after += [right[0] - (party.dropped or 0)] if right else []
    dropped = sum(party.dropped is not None for party in parties)
    return {
        "raised": float(told),
        "precision": true / told if told else 0.0,
        "recall": len(after) / dropped,
        "days after the drop": fmean(after) if after else 0.0,
    }

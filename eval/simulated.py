"""Series of twelve kinds, drawn from a seed by rules that no model assumes; each set has a kind of its own."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from eval.values import SPACINGS, Set, make_set

Floats = NDArray[np.float64]
Rng = np.random.Generator
_YEAR = 365.25
_HOLIDAYS = (1, 100, 186, 358, 359)
"""Days of a year."""


def simulated(seed: int, most: int = 8) -> Iterator[Set]:
    """At most so many series of each kind; of days and hours, which take longer, fewer."""
    for number, (kind, (spacing, share, draw)) in enumerate(KINDS.items()):
        rng = np.random.default_rng([seed, number])
        chosen = next(one for one in SPACINGS if one.name == spacing)
        series = {f"{kind} {n}": [float(each) for each in draw(rng)] for n in range(max(int(most * share), 1))}
        yield make_set(f"{spacing}, {kind}, seed {seed}", series, chosen)


def _quarters(rng: Rng) -> Floats:
    """Seven to twelve years: a trend that goes on or tires, a season of sums."""
    at = np.arange(int(rng.integers(28, 49)))
    trend = rng.uniform(-0.3, 1.5) * at ** rng.uniform(0.7, 1.1)
    return 60 + trend + rng.normal(0, 5, 4)[at % 4] + _going_on(rng, len(at), rng.uniform(1, 4), 0.5)


def _growing_quarters(rng: Rng) -> Floats:
    """Shares instead of sums; growth itself wanders."""
    at = np.arange(int(rng.integers(28, 49)))
    growth = rng.uniform(-0.005, 0.025) + np.cumsum(rng.normal(0, 0.002, len(at)))
    season = rng.normal(0, rng.uniform(0.02, 0.15), 4)[at % 4]
    rest = _going_on(rng, len(at), rng.uniform(0.01, 0.05), 0.3)
    return np.asarray(rng.lognormal(5, 1) * np.exp(np.cumsum(growth) + season + rest))


def _plain_quarters(rng: Rng) -> Floats:
    """A trend without any season, which bends once."""
    count = int(rng.integers(28, 49))
    bent = np.where(np.arange(count) < rng.integers(10, count), rng.normal(0.5, 0.5), rng.normal(0.2, 0.5))
    return np.asarray(80 + np.cumsum(bent + rng.normal(0, rng.uniform(0.3, 1.5), count)))


def _months(rng: Rng) -> Floats:
    """Five to ten years of growing sales with a season of shares."""
    at = np.arange(int(rng.integers(60, 121)))
    season = rng.normal(0, rng.uniform(0.05, 0.25), 12)[at % 12]
    rest = _going_on(rng, len(at), rng.uniform(0.03, 0.1), 0.4)
    return np.asarray(rng.lognormal(6, 1) * np.exp(rng.uniform(-0.004, 0.012) * at + season + rest))


def _short_months(rng: Rng) -> Floats:
    return _months(rng)[-int(rng.integers(50, 60)) :]


def _walk(rng: Rng) -> Floats:
    """Weeks that go on from where they were, which nobody foretells."""
    steps = rng.normal(rng.normal(0, 0.1), 1, 120)
    walk = np.cumsum(steps)
    return np.asarray(walk - walk.min() + rng.uniform(5, 50))


def _shifted(rng: Rng) -> Floats:
    """Weeks whose level changes once or twice."""
    level = np.full(120, rng.lognormal(5, 0.5))
    for begin in rng.integers(40, 118, int(rng.integers(1, 3))):
        level[begin:] *= rng.choice([0.6, 0.75, 1.3, 1.6])
    return level * np.exp(_going_on(rng, 120, rng.uniform(0.05, 0.15), 0.3))


def _yearly_weeks(rng: Rng) -> Floats:
    """Three years of weeks with a season of a year and one feast in it."""
    at = np.arange(156)
    wave = rng.uniform(0.1, 0.4) * np.sin(2 * np.pi * (at / 52 + rng.random()))
    feast = np.where(at % 52 == 50, rng.uniform(0.3, 1.0), 0.0)
    rest = _going_on(rng, 156, rng.uniform(0.05, 0.15), 0.3)
    return np.asarray(rng.lognormal(6, 1) * np.exp(0.001 * at + wave + feast + rest))


def _rare(rng: Rng) -> Floats:
    chance = np.clip(rng.uniform(0.1, 0.5) + rng.uniform(-0.002, 0.002) * np.arange(120), 0.03, 0.9)
    return np.asarray((rng.random(120) < chance) * (1 + rng.negative_binomial(1, rng.uniform(0.2, 0.6), 120)), float)


def _days(rng: Rng) -> Floats:
    """Two years of days with the shapes of a week and of a year."""
    at = np.arange(730)
    week = rng.normal(0, 0.25, 7)[at % 7]
    year = rng.uniform(0.05, 0.4) * np.sin(2 * np.pi * (at / _YEAR + rng.random()))
    rest = _going_on(rng, 730, rng.uniform(0.05, 0.15), 0.5)
    return np.asarray(rng.lognormal(5, 1) * np.exp(week + year + rest))


def _holidays(rng: Rng) -> Floats:
    """The same with days on which it is closed, feasts, and days of which nothing is known, which count as nothing."""
    values, day = _days(rng), np.arange(730) % 365
    for feast in _HOLIDAYS:
        values[day == feast] = 0.0
        values[day == feast - 1] *= 1.6
    closed = int(rng.integers(7))
    values[np.arange(730) % 7 == closed] *= rng.choice([0.0, 1.0])
    values[rng.random(730) < 0.01] = 0.0
    return np.round(values)


def _hours(rng: Rng) -> Floats:
    """Five weeks of hours with the shapes of a day and of a week."""
    at = np.arange(35 * 24)
    wave = 2 * np.pi * (at % 24) / 24
    day = rng.uniform(0.4, 1.2) * np.sin(wave - 2) + 0.3 * np.sin(2 * wave)
    week = rng.normal(0, 0.3, 7)[at // 24 % 7]
    rest = _going_on(rng, len(at), rng.uniform(0.05, 0.15), 0.7)
    return np.asarray(rng.poisson(rng.lognormal(4, 0.7) * np.exp(day + week + rest)), float)


def _going_on(rng: Rng, count: int, size: float, like: float) -> Floats:
    """Chance of which each value is like the one before by so much."""
    rest = rng.normal(0, size, count)
    for at in range(1, count):
        rest[at] += like * rest[at - 1]
    return rest


KINDS: dict[str, tuple[str, float, Callable[[Rng], Floats]]] = {
    "trend and season": ("quarterly", 1, _quarters),
    "growth and season": ("quarterly", 1, _growing_quarters),
    "trend that bends": ("quarterly", 1, _plain_quarters),
    "growth and season of months": ("monthly", 1, _months),
    "few months": ("monthly", 1, _short_months),
    "walk": ("weekly", 1, _walk),
    "level shifts": ("weekly", 1, _shifted),
    "season of a year": ("weekly", 1, _yearly_weeks),
    "rare": ("weekly", 1, _rare),
    "week and year": ("daily", 0.3, _days),
    "holidays and gaps": ("daily", 0.3, _holidays),
    "day and week": ("hourly", 0.2, _hours),
}

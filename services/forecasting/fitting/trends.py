"""Trends of what is sold: departments by breaks and odd weeks, tastes by shares, products by what they gain and lose.

Chance is told from change by Benjamini and Hochberg's rule over all that is looked at of a kind.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from services.forecasting.fitting.breaks import AFTER, Breaks, effect_of, find_breaks
from services.forecasting.fitting.false_rate import below_false_rate
from services.forecasting.fitting.seasons import season_of, split_season
from services.forecasting.series.domain import product_week
from services.forecasting.trends.domain import FEWEST_WEEKS, PRODUCT_WEEKS, WEEKS, Finding, Found, Watched
from shared.events.insights import Contribution

Floats = NDArray[np.float64]
_FALSE = 0.02
"""The share of false ones among the news."""
_STANDS = 0.1
"""A trend that was told stands until it is more likely than this by chance."""
_FEWEST_PRODUCTS = 5
_LEAST = {"level": 0.1, "slope": 0.1, "share": 0.15, "anomaly": 0.2}
_RATIO = 1.5
_EARLY, _LATE = 12, 6
"""Weeks at the begin and at the end of what products are looked at in, between which a change counts."""
_EMPTY = 0.1
_YEAR = 52
_TAILED = 5
"""Degrees of freedom of a week's error: holidays and campaigns make tails heavier than those of a normal one."""


def find_trends(watched: Watched) -> Found:
    """What can be told of each series, of which only some is news."""
    sales = {name: _logs(values) for name, values in watched.sales.items() if _enough(values)}
    shares = {name: values for name, values in _shares(watched.lines).items() if _enough(values)}
    shares = {name: _log_odds(values) for name, values in shares.items()}
    levels, odd = _in_departments(sales)
    tastes, _ = _in_departments(shares, share=True)
    products = _in_products(watched.units)
    looked = {*sales, *shares, *map(product_week, watched.units if len(watched.units) >= _FEWEST_PRODUCTS else ())}
    return Found([*levels, *odd, *tastes, *products], looked)


def _enough(values: Sequence[float] | Floats) -> bool:
    """Series that sell now and then have neither a level nor a slope that could break."""
    known = np.asarray(values[-WEEKS:])
    return len(known) >= FEWEST_WEEKS and _finite(values) and float((known <= 0).mean()) <= _EMPTY


def _finite(values: Sequence[float] | Floats) -> bool:
    return bool(np.isfinite(values).all())


def _logs(values: Sequence[float]) -> Floats:
    known = np.maximum(np.asarray(values, dtype=float), 0.0)
    return _without_season(np.log(known + 0.01 * float(np.median(known)) + 1e-9))


def _shares(lines: Mapping[str, Sequence[float]]) -> dict[str, Floats]:
    """Of the lines of all baskets of a week those that each has; series begin where all do."""
    if not lines:
        return {}
    count = max(map(len, lines.values()))
    rows = {name: np.r_[np.zeros(count - len(values)), values] for name, values in lines.items() if _finite(values)}
    total = np.maximum(np.sum(list(rows.values()), axis=0), 1.0)
    return {name: row / total for name, row in rows.items()} if len(rows) > 1 else {}


def _log_odds(share: Floats) -> Floats:
    held = np.clip(share, 0.1 * max(float(np.median(share)), 1e-9), 1 - 1e-9)
    return _without_season(np.log(held / (1 - held)))


def _without_season(values: Floats) -> Floats:
    season = season_of(values, (_YEAR,))
    return split_season(values, season)[0] if season > 1 else values


def _in_departments(rows: Mapping[str, Floats], *, share: bool = False) -> tuple[list[Finding], list[Finding]]:
    """Breaks, and of the newest week whether it is odd."""
    names = sorted(rows)
    found = {name: find_breaks(_steady(rows[name][-WEEKS:])) for name in names}
    chances = np.array([_beside_last_year(rows[name], found[name]) for name in names])
    odd = {name: _newest(rows[name][-WEEKS - 1 :]) for name in names}
    return (
        [
            one
            for name, news in zip(names, _news(chances), strict=True)
            for one in _of_breaks(name, found[name], len(rows[name][-WEEKS:]), share=share, news=news)
        ],
        [
            one
            for name, news in zip(names, _news(np.array([odd[name][1] for name in names])), strict=True)
            for one in _of_week(name, *odd[name], news=news)
        ],
    )


def _news(chances: Floats) -> list[bool]:
    return [bool(each) for each in below_false_rate(chances, _FALSE)] if len(chances) else []


def _of_breaks(name: str, found: Breaks, count: int, *, share: bool, news: bool) -> list[Finding]:
    one = found.recent
    kind: Literal["level", "slope", "share"] = "share" if share else one.kind
    change = float(np.expm1(np.clip(one.change, -5, 5)))
    evidence = (
        Contribution(input="probability_by_chance", value=one.chance),
        Contribution(input="weeks_since", value=float(count - one.place)),
        Contribution(input="weeks_known", value=float(count)),
        Contribution(input="goes_on_from_week_to_week", value=round(found.alike, 3)),
    )
    here = [Finding(kind, name, count - one.place, change, one.chance, news and abs(change) >= _LEAST[kind], evidence)]
    kept = here if one.chance <= _STANDS else []
    older = [Finding(kind, name, count - old.place, old.change, old.chance, news=False) for old in found.old]
    return [*kept, *older]


def _of_week(name: str, apart: float, odds: float, *, news: bool) -> list[Finding]:
    if odds > _STANDS:
        return []
    change = float(np.expm1(np.clip(apart, -5, 5)))
    evidence = (Contribution(input="probability_by_chance", value=odds),)
    return [Finding("anomaly", name, 1, change, odds, news and abs(change) >= _LEAST["anomaly"], evidence)]


def _beside_last_year(values: Floats, found: Breaks) -> float:
    """1 where the same weeks of a year ago had half as much of it, or more: that is the season."""
    one, before = found.recent, values[:-_YEAR]
    after = min(len(values), WEEKS) - one.place
    if len(before) >= FEWEST_WEEKS:
        then = effect_of(_steady(before[-WEEKS:]), one.kind, after)
        if then * one.change > 0 and abs(then) >= abs(one.change) / 2:
            return 1.0
    return one.chance


def _steady(values: Floats) -> Floats:
    """Single weeks that stand out are drawn to their neighbours: what lasts for less is no break."""
    wide = np.lib.stride_tricks.sliding_window_view(np.pad(values, 2, mode="reflect"), 5)
    middle = np.median(wide, axis=1)
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    return np.asarray(np.clip(values, middle - 3 * spread, middle + 3 * spread)) if spread > 0 else values


def _newest(values: Floats) -> tuple[float, float]:
    """How far the newest week lies from where those before led to, and the probability of that by chance."""
    known = _steady(values[:-1])
    found = find_breaks(known)
    level = known - found.left
    step = level[-1] - level[-2] if found.recent.place < len(known) - 1 else 0.0
    expected = level[-1] + step + found.alike * found.left[-1]
    raw = values[:-1] - level
    errors = raw[1:] - found.alike * raw[:-1]
    spread = max(1.4826 * float(np.median(np.abs(errors))), 0.5 * float(errors.std()), 1e-6)
    apart = float(values[-1] - expected)
    wide = spread * np.sqrt(1 + AFTER / len(known))
    return apart, float(2 * t.sf(abs(apart) / wide, _TAILED))


def _in_products(units: Mapping[str, Sequence[float]]) -> list[Finding]:
    """Products whose share of all units rises or falls: the trend test of Cochran and Armitage, allowing for weeks that
    vary more than by chance (Tarone 1979).
    """
    names = sorted(units)
    if len(names) < _FEWEST_PRODUCTS:
        return []
    every = np.maximum(np.array([units[name] for name in names], dtype=float), 0.0)
    rows = every[:, -PRODUCT_WEEKS:]
    score, change, begin = _gained(rows)
    if every.shape[1] >= _YEAR + PRODUCT_WEEKS:
        then, grew, _ = _gained(every[:, -_YEAR - PRODUCT_WEEKS : -_YEAR])
        seasonal = np.maximum(every[:, -_YEAR - PRODUCT_WEEKS : -_YEAR].sum(axis=1), 0) >= rows.sum(axis=1) / 4
        score = np.where(seasonal, (score - then) / np.sqrt(2), score)
        change = np.where(seasonal, change - grew, change)
    chance = np.asarray(2 * norm.sf(np.abs(score)))
    news = below_false_rate(chance, _FALSE) & (np.abs(change) >= np.log(_RATIO)) & (score * change > 0)
    return [
        Finding(
            "emerging" if score[at] > 0 else "fading",
            product_week(names[at]),
            int(PRODUCT_WEEKS - begin[at]),
            float(np.expm1(np.clip(change[at], -5, 5))),
            float(chance[at]),
            bool(news[at]),
            (
                Contribution(input="units_a_week_before", value=float(rows[at, :_EARLY].mean())),
                Contribution(input="units_a_week_now", value=float(rows[at, -_LATE:].mean())),
                Contribution(input="probability_by_chance", value=float(chance[at])),
            ),
            names[at],
        )
        for at in np.flatnonzero((chance <= _STANDS) & (score * change > 0))
    ]


def _gained(rows: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Of each product the standardised trend of its share, the logarithm of what it is beside what it was, and where it
    turned: the largest sum of what came more, or less, than expected.
    """
    total = np.maximum(rows.sum(axis=0), 1.0)
    part = total / total.sum()
    sold = rows.sum(axis=1)
    expected = np.maximum(sold[:, None] * part[None, :], 1e-9)
    weeks = np.arange(rows.shape[1]) - float((np.arange(rows.shape[1]) * part).sum())
    varied = _varies(rows, expected)
    power = (expected * weeks**2).sum(axis=1) * varied
    score = ((rows - expected) * weeks).sum(axis=1) / np.sqrt(np.maximum(power, 1e-9))
    late, early = rows[:, -_LATE:].sum(axis=1) + 1, rows[:, :_EARLY].sum(axis=1) + _EARLY / _LATE
    change = np.log(late / early) - np.log(part[-_LATE:].sum() / part[:_EARLY].sum())
    turned = np.argmax(np.abs(np.cumsum(rows - expected, axis=1)[:, :-1]), axis=1) + 1
    return np.asarray(score), np.asarray(change), np.asarray(turned)


def _varies(rows: Floats, expected: Floats) -> Floats:
    """How many times as much as by chance, of successive weeks, so that a trend does not count (von Neumann 1941);
    drawn to the median of all.
    """
    steps = np.diff(rows / np.sqrt(expected), axis=1)
    own = (steps**2).sum(axis=1) / (2 * steps.shape[1])
    usual = max(float(np.median(own)), 1.0)
    return np.asarray(np.maximum((own + usual) / 2, 1.0))

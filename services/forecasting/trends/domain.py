"""What changes in what is sold: breaks of level and slope, odd weeks, tastes, products that come up or fade away."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.forecasting.cuts.domain import WEEK, instant
from shared.engine.event import Emission
from shared.events.insights import Contribution, TrendCleared, TrendDetected
from shared.ids import dated_id, derived_id

Kind = Literal["level", "slope", "anomaly", "share", "emerging", "fading"]
State = Literal["open", "cleared"]
Because = Literal["settled", "turned", "over"]
"""`settled`: it has lasted so long that it is what is usual. `turned`: it goes the other way. `over`: beyond chance no
more."""
MODEL = "breaks/1"
WEEKS = 52
"""What a trend is looked for in, where so much is known; a year more says what the season was then."""
FEWEST_WEEKS = 26
USUAL_AFTER: Mapping[str, int] = {"level": 13, "slope": 20, "share": 20, "emerging": 20, "fading": 20}
"""Weeks after which a trend is what is usual; a bend shows later than a step."""
_OF_PRODUCTS = ("emerging", "fading")
LONGEST = max(USUAL_AFTER.values())
PRODUCT_WEEKS = 26
FEWEST_UNITS = 50
"""Sold less in all these weeks, a product tells too little."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is looked at, by series, oldest week first, all up to the same one: revenue of departments; lines of baskets
    of departments, of which shares are made; units of products by SKU.
    """

    sales: Mapping[str, Sequence[float]]
    lines: Mapping[str, Sequence[float]]
    units: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Finding:
    """`change` is by how much of itself the series lies off; `weeks`, that it has lasted; `news`: beyond chance among
    all that were looked at, and by much. Others only keep a trend standing that was told.
    """

    kind: Kind
    series: str
    weeks: int
    change: float
    chance: float
    news: bool
    evidence: tuple[Contribution, ...] = ()
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`looked` are the series that could be looked at; of others nothing is known."""

    findings: Sequence[Finding]
    looked: Collection[str]


@dataclass(frozen=True, slots=True)
class Trend:
    """One that is told. `since`: the week in which it began."""

    trend_id: UUID
    kind: str
    series: str
    since: date
    change: float
    chance: float
    as_of: date
    evidence: tuple[Contribution, ...]
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    trend: Trend
    because: Because


def group_of(kind: str) -> str:
    """A series has one trend of a group at a time: a bend that becomes a step is the same one."""
    return "anomaly" if kind == "anomaly" else "trend"


def decide(
    found: Found, told: Sequence[Trend], lately: Mapping[tuple[str, str], Trend], end: date, cut: date
) -> tuple[list[Trend], list[Cleared]]:
    """What is news, and what is over. `told` are open; `lately` the newest of those that were, by series and group."""
    standing: dict[tuple[str, str], list[Finding]] = {}
    for finding in found.findings:
        standing.setdefault((finding.series, group_of(finding.kind)), []).append(finding)
    cleared = [
        Cleared(one, because)
        for one in told
        if (because := _ended(one, standing.get((one.series, group_of(one.kind)), ()), found.looked, end))
    ]
    over = {one.trend.trend_id for one in cleared}
    open_ = {(one.series, group_of(one.kind)) for one in told if one.trend_id not in over}
    known = dict(lately)
    known.update({(one.series, group_of(one.kind)): one for one in told})
    news = []
    for key, findings in sorted(standing.items()):
        best = min(findings, key=lambda one: (not one.news, one.chance))
        if best.news and key not in open_ and not _told_before(best, known.get(key), end):
            news.append(_trend(best, end, cut))
    return news, cleared


def _ended(told: Trend, findings: Collection[Finding], looked: Collection[str], end: date) -> Because | None:
    stands = any(one.change * told.change > 0 for one in findings)
    if stands and told.kind in _OF_PRODUCTS:
        return None  # it goes on as long as it does
    if (end - told.since) // WEEK > USUAL_AFTER.get(told.kind, LONGEST):
        return "settled"
    if stands or told.series not in looked:
        return None
    return "turned" if findings else "over"


def _told_before(finding: Finding, before: Trend | None, end: date) -> bool:
    """The same one, whose week is found a little sooner or later with each week that comes."""
    if before is None or before.change * finding.change < 0:
        return False
    return finding.kind != "anomaly" and end - WEEK * finding.weeks <= before.since + WEEK * 6


def _trend(finding: Finding, end: date, cut: date) -> Trend:
    return Trend(
        derived_id("trend", group_of(finding.kind), finding.series, cut),
        finding.kind,
        finding.series,
        end - WEEK * finding.weeks,
        finding.change,
        finding.chance,
        cut,
        finding.evidence,
        finding.sku,
    )


def announce_detected(trend: Trend, recorded_at: datetime) -> Emission:
    said = TrendDetected(
        trend_id=trend.trend_id,
        series=trend.series,
        kind=trend.kind,
        change=trend.change,
        chance=trend.chance,
        since=instant(trend.since),
        as_of=instant(trend.as_of),
        contributions=list(trend.evidence),
        model=MODEL,
        recorded_at=recorded_at,
        sku=trend.sku,
    )
    return Emission(said, instant(trend.as_of), id=_event_id("detected", trend))


def announce_cleared(cleared: Cleared, now: datetime) -> Emission:
    trend = cleared.trend
    said = TrendCleared(
        trend_id=trend.trend_id,
        series=trend.series,
        kind=trend.kind,
        because=cleared.because,
        recorded_at=now,
        sku=trend.sku,
    )
    return Emission(said, now, id=_event_id("cleared", trend))


def _event_id(what: str, trend: Trend) -> UUID:
    """What is decided again after a restore says the same, and is not published a second time."""
    return dated_id(int(instant(trend.as_of).timestamp() * 1000), "trend", what, trend.trend_id)

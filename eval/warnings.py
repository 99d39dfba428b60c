"""Warnings of churn and silence on Complete Journey: how many came true, and how much earlier than the plain rule; and
those of a backlog on drawn desks, of less use on drawn parties, and of missed forecasts on drawn series.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import log
from statistics import fmean, median, variance
from uuid import UUID

from eval import backlog, missed, usage
from eval.churn import households, left_at
from eval.rows import Row
from eval.setting import Setting
from services.forecasting.fitting.churn import fit_churn
from services.forecasting.scores.domain.churn import WINDOWS, Churn
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import churn_of
from services.forecasting.warnings.domain.parties import AHEAD, LAPSED, watch_party
from services.forecasting.warnings.domain.warning import CHURN, SILENCE

_CUTS = 9
_SILENT = 28
"""Days without a purchase, after which the plain rule warns."""
_YEAR = timedelta(days=364)
Told = tuple[bool, int]
"""Whether nothing was bought in the 28 days after, and the days ahead of the day on which anybody sees it."""


def measure(setting: Setting) -> list[Row]:
    """Nine cuts 28 days apart, each with a model of churn that has seen only what was before; each silence once."""
    bought = households()
    end = max(map(max, bought)) + timedelta(days=1)
    told: dict[str, dict[tuple[int, date], Told]] = {CHURN: {}, SILENCE: {}, "plain": {}}
    for back in range(_CUTS, 0, -1):
        cut = end - AHEAD * back
        fitted = fit_churn([(cut - AHEAD * step, left_at(bought, cut - AHEAD * step)) for step in (3, 2, 1)])
        for party, days in enumerate(bought):
            for kind, last, one in _look(party, days, fitted[0] if fitted else None, cut):
                told[kind].setdefault((party, last), one)
    name = f"Complete Journey, {_CUTS} cuts"
    plain = _figures(told["plain"].values())
    drawn = [row for each in (backlog, usage, missed) for row in each.measure(setting.seed)]
    return drawn + [
        Row("warnings", name, f"Rapport, {kind}", metric, value, f"silent for {_SILENT} days", plain[metric])
        for kind in (CHURN, SILENCE)
        for metric, value in _figures(told[kind].values()).items()
    ]


def _look(party: int, days: Sequence[date], churn: Churn | None, cut: date) -> Iterator[tuple[str, date, Told]]:
    known = [day for day in days if day < cut]
    if not known:
        return
    last, name = known[-1], UUID(int=party)
    recent = tuple(sum(day >= cut - timedelta(days=window) for day in known) for window in WINDOWS)
    history = History(known[0], last, len(known), recent)
    silent = (cut - last).days
    one = not any(cut <= day < cut + AHEAD for day in days), LAPSED - silent
    score = churn_of(name, history, churn, cut) if churn else None
    for warned in watch_party(name, history, rhythm_of(known, cut), score, cut):
        yield warned.kind, last, one
    if _SILENT <= silent <= LAPSED and len(known) >= 4:
        yield "plain", last, one


def rhythm_of(known: Sequence[date], cut: date) -> Rhythm | None:
    """Of purchase days before the cut, as the service's statement makes it."""
    gaps = [log((after - before).days) for before, after in pairwise([day for day in known if day >= cut - _YEAR])]
    return Rhythm(len(gaps), fmean(gaps), variance(gaps) if len(gaps) > 1 else 0.0) if gaps else None


def _figures(told: Collection[Told]) -> dict[str, float]:
    true = [ahead for came, ahead in told if came]
    return {"raised": float(len(told)), "precision": len(true) / len(told), "days ahead": float(median(true))}

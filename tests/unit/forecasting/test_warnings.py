"""When a warning is raised, and what becomes of it."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import log

import numpy as np
import pytest

from services.forecasting.activity.domain import Disputes, Usage
from services.forecasting.fitting.demand import find_unusual
from services.forecasting.fitting.false_rate import below_false_rate
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import CHURN, CHURN_MODEL, Score
from services.forecasting.warnings.domain import parties, sales
from services.forecasting.warnings.domain.warning import Warned
from shared.events.insights import Contribution, ForecastPoint
from tests.unit.forecasting.facts import ADA

CUT = date(2026, 3, 2)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
WEEKLY = Rhythm(30, log(7), 0.04)


def history(silent: int, days: int = 20) -> History:
    return History(CUT - DAY * 300, CUT - DAY * silent, days, (0, 1, 4, 8))


def churn(value: float) -> Score:
    return Score(ADA, CHURN, value, "likely", (), CHURN_MODEL)


@pytest.mark.parametrize(
    ("silent", "days", "probability", "kinds"),
    [
        (3, 20, 0.2, []),
        (21, 20, 0.3, ["silence"]),
        (21, 20, 0.6, ["churn", "silence"]),
        (10, 20, 0.6, ["churn"]),
        (10, 3, 0.6, []),  # hardly a customer yet
        (57, 20, 0.9, []),  # anybody sees that it is gone
    ],
)
def test_a_party_is_warned_of_while_it_can_still_be_kept(
    silent: int, days: int, probability: float, kinds: list[str]
) -> None:
    found = list(parties.watch_party(ADA, history(silent, days), WEEKLY, churn(probability), CUT))
    assert [one.kind for one in found] == kinds
    assert all(one.evidence or one.kind == "churn" for one in found)


def test_one_silence_is_told_once_however_many_cuts_it_lasts() -> None:
    now, later = (
        [one.warning_id for one in parties.watch_party(ADA, history(21), WEEKLY, churn(0.7), CUT + DAY * days)]
        for days in (0, 7)
    )
    assert now == later
    again = list(parties.watch_party(ADA, history(22), WEEKLY, churn(0.7), CUT))
    assert {one.warning_id for one in again}.isdisjoint(now)


def test_the_rhythm_of_a_party_that_buys_rarely_takes_longer_to_break() -> None:
    monthly = Rhythm(10, log(30), 0.04)
    assert WEEKLY.longer(21) < 0.01 < monthly.longer(21)
    assert monthly.longer(30) > monthly.longer(60) > 0


def silence(until: date | None = CUT + DAY * 28) -> Warned:
    (one,) = parties.watch_party(ADA, history(21), WEEKLY, None, CUT)
    assert one.until == until
    return one


@pytest.mark.parametrize(
    ("bought", "passed", "because", "lead"),
    [
        (None, CUT + DAY * 27, None, None),
        (None, CUT + DAY * 28, "came_true", 56 - 21),
        (CUT + DAY * 27, CUT + DAY * 40, "bought", None),
        (CUT + DAY * 28, CUT + DAY * 40, "came_true", 56 - 21),  # too late to have been averted
    ],
)
def test_a_silence_ends_by_a_purchase_or_by_its_time(
    bought: date | None, passed: date, because: str | None, lead: int | None
) -> None:
    found = parties.settle_silence(silence(), bought, passed)
    assert (found and found.because, found and found.lead_days) == (because, lead)


@pytest.mark.parametrize(
    ("recent", "before", "warned"), [(0, 24, True), (1, 30, True), (0, 8, False), (8, 24, False), (0, 84, True)]
)
def test_less_use_is_told_where_chance_hardly_explains_it(recent: int, before: int, warned: bool) -> None:
    """Days are counted: that many products were looked at on each of them makes nothing surer."""
    found = parties.watch_usage(ADA, Usage(recent * 9, before * 9, recent, before), CUT)
    assert (found is not None) == warned
    if found:
        assert parties.settle_usage(found, Usage(500, 0, before // 6 + 1, 0), CUT + DAY) is not None
        assert parties.settle_usage(found, Usage(500, 0, 1, 0), CUT + DAY) is None
        assert parties.settle_usage(found, None, CUT + DAY) is None
        late = parties.settle_usage(found, None, CUT + DAY * 28)
        assert late is not None
        assert late.because == "came_true"


def test_a_warning_that_was_decided_by_choices_ends_by_them() -> None:
    found = parties.watch_usage(ADA, Usage(0, 600, 0, 60), CUT)
    assert found is not None
    older = replace(found, evidence=(Contribution(input="choices_in_84_days_before", value=600.0),), model="usage/1")
    assert parties.settle_usage(older, Usage(99, 0, 28, 0), CUT + DAY) is None
    again = parties.settle_usage(older, Usage(100, 0, 1, 0), CUT + DAY)
    assert again is not None
    assert again.because == "used_again"


def test_a_cluster_is_over_once_hardly_any_dispute_is_open() -> None:
    at = datetime(2026, 2, 1, tzinfo=UTC)
    many = Disputes(4, at, at + DAY * 3, ADA)
    warned = parties.watch_disputes(ADA, many)
    assert 0.5 < warned.severity < 1
    assert parties.settle_disputes(warned, {ADA: many}) is None
    assert parties.settle_disputes(warned, {}) is not None


def said(weeks: int) -> sales.Said:
    points = [
        ForecastPoint(
            at=datetime(2026, 3, 2, tzinfo=UTC) - WEEK * (weeks - n), mean=100, lo80=90, hi80=110, lo95=80, hi95=120
        )
        for n in range(weeks)
    ]
    return sales.Said("s", CUT - WEEK * weeks, "weighted/1", points)


@pytest.mark.parametrize(
    ("came", "missed"),
    [
        ([100, 105, 110, 119], False),
        ([80, 95, 100, 130], False),  # one week alone
        ([110, 112, 115, 130], True),
        ([90, 85, 85, 60], True),
        ([130], False),  # one week tells too little
    ],
)
def test_a_forecast_is_missed_where_the_weeks_together_say_so(came: list[int], missed: bool) -> None:
    one = said(len(came))
    weeks = {point.at.date(): value for point, value in zip(one.points, came, strict=True)}
    found = sales.watch_forecast(one, weeks, CUT, CUT)
    assert (found is not None) == missed
    if found:
        assert 0.5 <= found.severity < 1


def sold(rng: random.Random, products: int, last: float = 1.0) -> dict[str, list[int]]:
    weeks = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, last]
    return {f"p-{n}": [round(rng.gauss(20 + n % 7, 3) * scale) for scale in weeks] for n in range(products)}


def test_a_product_that_breaks_its_band_is_news_and_a_strong_week_of_all_is_none() -> None:
    rng = random.Random(5)
    found = sold(rng, 200, last=1.6)
    found["much"] = [20] * 12 + [200]
    found["none"] = [40] * 12 + [0]
    assert {one.sku for one in find_unusual(found) if one.news} == {"much", "none"}
    assert find_unusual({}) == []


def test_of_many_products_on_which_nothing_happened_hardly_any_is_news() -> None:
    rng = random.Random(6)
    told = sum(one.news for _ in range(20) for one in find_unusual(sold(rng, 100)))
    assert told <= 4


def test_the_share_of_false_ones_is_kept() -> None:
    assert list(below_false_rate(np.array([0.5, 0.001, 0.02, 0.9]), 0.05)) == [False, True, True, False]

"""What cannot be calculated is left out or told as such, by kind of data, and takes nothing else with it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest

from services.forecasting.evidence import read_evidence, shown_evidence, write_evidence
from services.forecasting.fitting import works
from services.forecasting.forecasts.domain.outlook import Asked
from services.forecasting.prices.domain import Bounds, Priced
from services.forecasting.reorders.domain import Rules, Stocked
from services.forecasting.scores.commands import Fitted
from services.forecasting.scores.domain.churn import INPUTS, Churn, Term
from services.forecasting.scores.domain.habits import Buying
from services.forecasting.scores.domain.health import Signs
from services.forecasting.scores.domain.lifetime import History, Lifetime
from services.forecasting.scores.domain.score import band_of
from services.forecasting.series.domain import PricedWeeks
from services.forecasting.trends.domain import Watched
from shared.events.figures import is_finite
from shared.events.insights import Contribution

FIRST = date(2024, 1, 1)
CUT = date(2026, 1, 5)
WEEKS = 60
KINDS = {
    "all zero": [0.0] * WEEKS,
    "all equal": [5.0] * WEEKS,
    "one point": [0.0] * (WEEKS - 1) + [7.0],
    "enormous": [1e300] * (WEEKS - 1) + [1.7e308],
    "enormous, both ways": [1e300, -1e300] * (WEEKS // 2),
    "tiny": [5e-324, 1e-300] * (WEEKS // 2),
    "infinite": [float("inf")] * WEEKS,
    "no number": [1.0, float("nan")] * (WEEKS // 2),
}
# That something overflowed numpy says itself; what counts is what is made of it.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
of_each_kind = pytest.mark.parametrize("values", KINDS.values(), ids=KINDS)


def usual(name: str, level: float = 50.0) -> list[float]:
    return [float(units) for units in np.random.default_rng(list(name.encode())).poisson(level, WEEKS)]


@of_each_kind
def test_prices_of_the_others_are_advised(values: Sequence[float]) -> None:
    rng = np.random.default_rng(1)
    price = np.rint(1000 * np.exp(np.repeat(rng.normal(0, 0.15, 12), 5)))
    price[-13:] = 1000
    units = rng.poisson(200 * (price / 1000) ** -4).astype(float)
    sound = Priced(PricedWeeks("b", units.tolist(), (units * price).tolist(), [0.0] * WEEKS), "DKK", (), 1000, 500)
    odd = [
        replace(sound, weeks=PricedWeeks("a", list(values), usual("r"), [0.0] * WEEKS)),
        replace(sound, weeks=PricedWeeks("c", usual("u"), list(values), [0.0] * WEEKS)),
    ]

    advice, _ = works.find_prices([odd[0], sound, odd[1]], Bounds(0.1, 0.05))

    assert [one.sku for one in advice] == ["a", "b", "c"]
    assert is_finite(advice)
    assert advice[1].suggested is not None


@of_each_kind
def test_orders_of_the_others_are_advised(values: Sequence[float]) -> None:
    rules = Rules(0.95, 7)
    sound = Stocked("b", tuple(usual("days")), 14, 100)

    advice = works.find_reorders([Stocked("a", tuple(values), 14, 100), sound], rules)

    assert [one.sku for one in advice] == ["a", "b"]
    assert is_finite(advice)
    assert advice[1].quantity is not None


@of_each_kind
def test_trends_are_of_finite_figures(values: Sequence[float]) -> None:
    broken = [value * (1 if week < 50 else 3) for week, value in enumerate(usual("broken", 1e5))]
    others = {f"calm-{n}": usual(f"calm-{n}", 1e5) for n in range(11)}

    found = works.find_trends(Watched({**others, "broken": broken, "odd": list(values)}, {}, {}))

    assert is_finite(found.findings)
    assert "broken" in {one.series for one in found.findings if one.news}


@of_each_kind
def test_unusual_demand_is_of_finite_figures(values: Sequence[float]) -> None:
    sold = {f"calm-{n}": [int(units) for units in usual(f"calm-{n}")] for n in range(9)}
    if all(map(np.isfinite, values)):  # units of a week are integers
        sold["odd"] = [int(value) for value in values]

    assert is_finite(works.find_unusual(sold))


@of_each_kind
@pytest.mark.slow
def test_outlooks_are_finite_or_the_series_fails_alone(values: Sequence[float]) -> None:
    try:
        made = works.make_outlooks([Asked("odd", FIRST, tuple(values), (FIRST + timedelta(weeks=WEEKS),))])
    except ArithmeticError:
        return
    assert is_finite(made["odd"])


def test_a_party_whose_score_cannot_be_calculated_has_none_and_its_other_scores() -> None:
    history = History(date(2025, 1, 1), date(2025, 12, 1), 12, (0, 0, 1, 2))
    sound = Buying(Lifetime(0.5, 4.0, 0.8, 2.5))
    term = Term(0.0, 1.0, 0.0, 0.0)
    no_number = Churn(float("nan"), tuple(term for _ in INPUTS))
    fitted = Fitted(sound, no_number, None, {})

    found = fitted.scores_of(UUID(int=1), history, CUT, Signs())

    assert [one.name for one in found] == ["p_alive", "expected_purchases_28d"]
    assert fitted.left_out(found) == {"churn_28d", "health"}
    assert Fitted(Buying(Lifetime(0.5, 4.0, -0.8, 2.5)), None, None, {}).scores_of(UUID(int=1), history, CUT) == []


def test_what_is_below_zero_by_rounding_has_the_lowest_band() -> None:
    assert band_of(-1e-17, ((0.5, "high"), (0.0, "low"))) == "low"


def test_evidence_that_was_kept_without_a_value_is_left_out() -> None:
    parts = (Contribution(input="units", value=3.0, effect=0.5), Contribution(input="odds", value=float("nan")))
    kept = write_evidence(parts)

    assert json.loads(kept)[1]["value"] is None
    assert read_evidence(kept) == parts[:1]
    assert shown_evidence(kept) == [{"input": "units", "value": 3.0, "effect": 0.5}]

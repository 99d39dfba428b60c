"""Recency, frequency and money of a party: in which fifth of all parties each lies (Hughes, Strategic Database
Marketing, 1994).
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.purchases import Spent
from services.forecasting.scores.domain.score import RFM, RFM_MODEL, Score
from shared.events.insights import Contribution

YEAR = timedelta(days=364)
FEWEST = 50
"""Of fewer parties fifths say nothing; nor do those of what so few spent in a currency."""
FIFTHS = 5
RECENCY, FREQUENCY, MONEY = "days_since_last_purchase", "purchase_days_in_year", "spent_in_year"
_BANDS = (
    (4.0, 4.0, "champion"),
    (3.0, 3.0, "loyal"),
    (4.0, 0.0, "promising"),
    (3.0, 0.0, "needs_attention"),
    (0.0, 4.0, "cannot_lose"),
    (0.0, 2.5, "at_risk"),
    (2.0, 0.0, "sleeping"),
    (0.0, 0.0, "lost"),
)
"""The first whose recency, and mean of frequency and money, are reached."""


@dataclass(frozen=True, slots=True)
class Fifths:
    """Of an input, and of money by currency, the four values that part all parties; a rare currency has none."""

    bounds: Mapping[str, Sequence[float]]

    def parameters(self) -> dict[str, float]:
        """As a model is kept: `spent_in_year:DKK:1` and so on."""
        return {f"{name}:{place}": value for name, cuts in self.bounds.items() for place, value in enumerate(cuts, 1)}


def fifths_from(parameters: Mapping[str, float]) -> Fifths:
    """The model whose parameters these are."""
    bounds: dict[str, list[float]] = {}
    for name in sorted(parameters):
        bounds.setdefault(name.rpartition(":")[0], []).append(parameters[name])
    return Fifths(bounds)


def rfm_of(party_id: UUID, history: History, spent: Spent, fifths: Fifths, cut: date) -> Score | None:
    """From 3 of 15 to 1; each input adds its fifth, the best being 5. Without bounds for what it spent, money counts
    for nothing and the others for so much more. None where fifths of purchase days are not known.
    """
    if not {RECENCY, FREQUENCY} <= fifths.bounds.keys():
        return None
    silent = float((cut - history.last).days)
    recency = FIFTHS - bisect_left(fifths.bounds[RECENCY], silent)
    frequency = 1 + bisect_left(fifths.bounds[FREQUENCY], float(spent.days))
    bounds = fifths.bounds.get(f"{MONEY}:{spent.currency}")
    money = None if bounds is None else 1 + bisect_left(bounds, spent.amount)
    inputs = [(RECENCY, silent, recency), (FREQUENCY, float(spent.days), frequency)]
    if money is not None:
        inputs.append((MONEY, spent.amount, money))
    most = FIFTHS * len(inputs)
    parts = tuple(Contribution(input=name, value=value, effect=round(fifth / most, 6)) for name, value, fifth in inputs)
    band = "bought_once" if history.days == 1 else _band(recency, [fifth for _, _, fifth in inputs[1:]])
    return Score(party_id, RFM, sum(fifth for *_, fifth in inputs) / most, band, parts, RFM_MODEL)


def _band(recency: int, others: Iterable[int]) -> str:
    fifths = list(others)
    worth = sum(fifths) / len(fifths)
    return next(name for least, valued, name in _BANDS if recency >= least and worth >= valued)

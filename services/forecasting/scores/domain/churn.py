"""How likely a party is to buy nothing in the next 28 days: a logistic model of its rhythm, in plain arithmetic.

The fit over all parties is in `fitting/churn.py`. Every input stands with its own part of the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log, log1p

from services.forecasting.scores.domain.lifetime import History

WINDOWS = (14, 28, 56, 112)
"""Days before a cut, in which purchase days are counted."""
INPUTS = (
    "days_since_last_purchase",
    "purchase_days",
    "days_since_first_purchase",
    *(f"purchase_days_in_{days}" for days in WINDOWS),
    "silence_against_own_rhythm",
    "days_between_purchases",
)
_WEEK = 7
_BEYOND = 3.0

Left = Sequence[tuple[History, bool]]
"""Parties at a cut, and whether they bought nothing in the 28 days from it on."""
Came = Sequence[tuple[History, int]]
"""Parties at a cut, and on how many of the 28 days from it on they bought."""


def left_of(came: Came) -> Left:
    return [(history, not days) for history, days in came]


def inputs_of(history: History, cut: date) -> tuple[float, ...]:
    """The inputs as they are, in the order of INPUTS."""
    silent = max((cut - history.last).days, 0)
    age = max((cut - history.first).days, 0)
    gap = (history.last - history.first).days / (history.days - 1) if history.days > 1 else float(age)
    rhythm = (silent + _WEEK) / (gap + _WEEK)
    return (float(silent), float(history.days), float(age), *map(float, history.recent), rhythm, gap)


def levels_of(inputs: Sequence[float]) -> list[float]:
    """On the logarithm, on which a tenth more counts alike at any size."""
    return [
        log(v) if name == "silence_against_own_rhythm" else log1p(v) for name, v in zip(INPUTS, inputs, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Term:
    """Of one input: the mean and deviation of its logarithm, and what it weighs, linear and squared."""

    mean: float
    deviation: float
    weight: float
    squared: float

    def effect(self, level: float) -> float:
        """On the log odds, against a party that is the mean in this input; not beyond what was seen in fitting."""
        apart = max(-_BEYOND, min((level - self.mean) / self.deviation, _BEYOND))
        return self.weight * apart + self.squared * apart * apart


@dataclass(frozen=True, slots=True)
class Line:
    """What is fitted to the inputs: the value of a party that is the mean in all, and a term for each of INPUTS."""

    intercept: float
    terms: tuple[Term, ...]

    def effects(self, inputs: Sequence[float]) -> list[float]:
        """What each input adds."""
        return [term.effect(level) for term, level in zip(self.terms, levels_of(inputs), strict=True)]

    def sum(self, inputs: Sequence[float]) -> float:
        return self.intercept + sum(self.effects(inputs))

    def parameters(self) -> dict[str, float]:
        """By name, as they are kept."""
        parts = {
            f"{name}.{part}": getattr(term, part)
            for name, term in zip(INPUTS, self.terms, strict=True)
            for part in ("mean", "deviation", "weight", "squared")
        }
        return {"intercept": self.intercept, **parts}


@dataclass(frozen=True, slots=True)
class Churn(Line):
    """The fitted model: what it says of the inputs are log odds."""

    def probability(self, inputs: Sequence[float]) -> float:
        odds = self.sum(inputs)
        return 0.0 if odds <= -700 else 1 / (1 + exp(-odds))


def churn_from(parameters: Mapping[str, float]) -> Churn:
    """The model whose `parameters()` these are."""
    return Churn(parameters["intercept"], terms_from(parameters))


def terms_from(parameters: Mapping[str, float]) -> tuple[Term, ...]:
    return tuple(
        Term(*(parameters[f"{name}.{part}"] for part in ("mean", "deviation", "weight", "squared"))) for name in INPUTS
    )

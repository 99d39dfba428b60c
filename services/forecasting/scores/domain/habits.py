"""How often a party buys in the next 28 days: what the model of all says of it, times what its own habits say.

BG/NBD takes everybody's purchases to come by chance. Who buys by the week or by the month, or more often of late, does
not. The fit over all parties is in `fitting/habits.py`; there are habits only where they were clearly better.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import exp

from services.forecasting.scores.domain.churn import Line, inputs_of, terms_from
from services.forecasting.scores.domain.lifetime import History, Lifetime

WEEKS_AHEAD = 4.0
_MOST = 5.0
"""Of the logarithm of a factor, either way."""
_HABITS = "habits."


@dataclass(frozen=True, slots=True)
class Habits(Line):
    """What it says of the inputs is the logarithm of a factor."""

    def factor(self, inputs: Sequence[float]) -> float:
        return exp(max(-_MOST, min(self.sum(inputs), _MOST)))


@dataclass(frozen=True, slots=True)
class Buying:
    """The model of all, and the habits beside it, None where they tell nothing."""

    lifetime: Lifetime
    habits: Habits | None = None

    def factor(self, history: History, cut: date) -> float:
        return self.habits.factor(inputs_of(history, cut)) if self.habits else 1.0

    def ahead(self, history: History, cut: date) -> float:
        """Purchase days in the 28 from the cut on."""
        return self.lifetime.expected(history.at(cut), WEEKS_AHEAD) * self.factor(history, cut)

    def parameters(self) -> dict[str, float]:
        """By name, as they are kept."""
        habits = self.habits.parameters() if self.habits else {}
        return {**asdict(self.lifetime), **{f"{_HABITS}{name}": value for name, value in habits.items()}}


def buying_from(parameters: Mapping[str, float]) -> Buying:
    """The model whose `parameters()` these are."""
    plain = {name: value for name, value in parameters.items() if not name.startswith(_HABITS)}
    habits = {name.removeprefix(_HABITS): value for name, value in parameters.items() if name.startswith(_HABITS)}
    found = Habits(habits["intercept"], terms_from(habits)) if habits else None
    return Buying(Lifetime(**plain), found)

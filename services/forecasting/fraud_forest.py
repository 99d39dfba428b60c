"""An isolation forest (Liu, Ting and Zhou 2008) as it is asked; it is grown in the fitting process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import log, log1p

from services.forecasting.fraud_rules import SIGNALS, Signal

_JUDGED: frozenset[Signal] = frozenset(("linked_frauds", "linked_genuine"))
INPUTS: tuple[Signal, ...] = tuple(name for name in SIGNALS if name not in _JUDGED)
"""What people judged is left out: the forest tells what is unlike the others, not what is known of it."""
_EULER = 0.5772156649015329
_NAMED = 2

Node = tuple[int, float, int, int, int]
"""Which input, the bound, the node for up to it and the one for more (-1: none), and how many it was grown from."""


@dataclass(frozen=True)
class Forest:
    """Grown of what had been recorded when the cut was made. `sample`: how many each tree was grown from; `usual`: the
    median of each input; of the facts that it was grown of, one in a hundred lies above `odd`, one in a thousand above
    `oddest`.
    """

    cut: date
    inputs: tuple[str, ...]
    sample: int
    usual: tuple[float, ...]
    odd: float
    oddest: float
    trees: tuple[tuple[Node, ...], ...]

    @property
    def fits(self) -> bool:
        """Whether it was grown of the inputs that there are now: those of another release may have been others."""
        return self.inputs == INPUTS

    @property
    def version(self) -> str:
        return f"forest/{self.cut.isoformat()}"

    @cached_property
    def _usual_depth(self) -> float:
        return _mean_depth(self.sample)

    def anomaly(self, inputs: Sequence[float]) -> float:
        """From 0 to 1; about a half for what is like the others, near 1 for what a few questions tell apart."""
        depth = sum(_depth(tree, inputs) for tree in self.trees) / len(self.trees)
        return float(2 ** -(depth / self._usual_depth))

    def share(self, anomaly: float) -> float:
        """How far it is from `odd` to `oddest`, from 0 to 1."""
        span = self.oddest - self.odd
        return min(max((anomaly - self.odd) / span, 0.0), 1.0) if span > 0 else float(anomaly > self.odd)

    def explain(self, inputs: Sequence[float]) -> list[Signal]:
        """The inputs but for which it would be less odd, the most telling first."""
        told = self.anomaly(inputs)
        gains = []
        for place, (value, usual) in enumerate(zip(inputs, self.usual, strict=True)):
            if value != usual:
                changed = [*inputs[:place], usual, *inputs[place + 1 :]]
                gains.append((self.anomaly(changed) - told, INPUTS[place]))
        return [name for gain, name in sorted(gains)[:_NAMED] if gain < 0]


class Newest:
    """The forest that this process read last. It is the same for whoever reads the same cut."""

    def __init__(self) -> None:
        self.forest: Forest | None = None


def inputs_of(signals: Mapping[Signal, float]) -> list[float]:
    """On the logarithm, in the order of INPUTS."""
    return [log1p(min(max(signals.get(name, 0.0), 0.0), 1e30)) for name in INPUTS]


def _depth(tree: Sequence[Node], inputs: Sequence[float]) -> float:
    at, depth = 0, 0
    while True:
        which, bound, low, high, count = tree[at]
        if low < 0:
            return depth + _mean_depth(count)
        at = low if inputs[which] <= bound else high
        depth += 1


def _mean_depth(count: int) -> float:
    """At which one of so many is found by chance."""
    if count <= 1:
        return 0.0
    if count == 2:
        return 1.0
    return 2 * (log(count - 1) + _EULER) - 2 * (count - 1) / count

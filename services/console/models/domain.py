"""Models as pages show them: how well each did on what it had not seen, beside a simple forecast."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_BESIDE = "baseline_"
_SHARES = frozenset({"coverage80", "coverage95", "total_error", "odd", "oddest"})
_COUNTS = frozenset({"series", "parties", "facts", "held_out_weeks", "cases"})
MAIN = ("mase", "mae", "odd", "error")
"""What a model is told by, the first of them that was measured."""


@dataclass(frozen=True, slots=True)
class Measure:
    """`of` names a part of the model that was measured for itself; `beside` is what a simple forecast reached."""

    of: str
    name: str
    value: float
    beside: float | None

    @property
    def kind(self) -> str:
        """How it is written: as a share, a count or a number."""
        return "share" if self.name in _SHARES else "count" if self.name in _COUNTS else "number"


def measures_of(quality: Mapping[str, Any], of: str = "") -> list[Measure]:
    """Every figure of a model, each part's after another."""
    found = []
    for name, value in quality.items():
        if isinstance(value, Mapping):
            found += measures_of(value, name)
        elif isinstance(value, int | float) and not name.startswith(_BESIDE):
            beside = quality.get(f"{_BESIDE}{name}")
            found.append(Measure(of, name, float(value), None if beside is None else float(beside)))
    return sorted(found, key=lambda each: each.of)


def main_of(quality: Mapping[str, Any]) -> Measure | None:
    """The figure that a model is told by; of several parts that of the one with the most series."""
    parts = [part for part in quality.values() if isinstance(part, Mapping)]
    most = max(parts, key=lambda part: part.get("series", 0), default=quality)
    found = {each.name: each for each in measures_of(most)}
    return next((found[name] for name in MAIN if name in found), None)


@dataclass(frozen=True, slots=True)
class Kind:
    """All models of a name: the one that is used, the newest, and how the figure went from long ago to now."""

    name: str
    used: Mapping[str, Any] | None
    newest: Mapping[str, Any]
    figures: list[float]


def kinds_of(models: Iterable[Mapping[str, Any]]) -> list[Kind]:
    """By name, of models that come newest first."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for model in models:
        by_name.setdefault(model["name"], []).append(model)
    return [
        Kind(
            name,
            next((each for each in found if each["in_force"]), None),
            found[0],
            [main.value for each in reversed(found) if (main := main_of(each["quality"]))],
        )
        for name, found in sorted(by_name.items())
    ]

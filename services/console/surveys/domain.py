"""Results of surveys as a page shows them."""

from collections.abc import Mapping
from typing import Any, Literal

SURVEYS = ("csat", "nps", "ces")
BY = ("month", "channel", "product", "day")
_GOOD = {"csat": (60, 80), "nps": (0, 30), "ces": (4, 5)}
"""Below the first a score is bad, from the second on it is good."""


def tone_of(result: Mapping[str, Any]) -> Literal["good", "plain", "bad"]:
    """Of a score by the usual bounds of its survey."""
    low, high = _GOOD[result["survey"]]
    return "good" if result["score"] >= high else "plain" if result["score"] >= low else "bad"


def shares_of(result: Mapping[str, Any]) -> tuple[float, float]:
    """The shares of answers that are high and that are low."""
    return result["high"] / result["answers"], result["low"] / result["answers"]

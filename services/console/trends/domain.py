"""Trends as a page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

KINDS = ("level", "slope", "anomaly", "share", "emerging", "fading")
STATES = ("open", "cleared")


@dataclass(frozen=True, slots=True)
class About:
    """What changes; `href` where it has a page."""

    name: str
    href: str | None = None


def about(trend: Mapping[str, Any]) -> About:
    """A product, a department with its forecast, or a series as it is called."""
    series = str(trend["series"])
    if trend["sku"]:
        return About(str(trend["sku"]))
    measure, _, rest = series.partition(":")
    name = unquote(rest.partition(":")[2].partition(":")[0]) or series
    return About(name, f"/forecasts/series?id={quote(series, safe='')}" if measure == "sales" else None)

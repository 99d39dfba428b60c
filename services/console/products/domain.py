"""What decides about a product, as a page shows it."""

from collections.abc import Mapping
from typing import Any

from services.console.shell.words import Words

PRICED = {"advised": "true", "unadvised": "false"}
ORDERED = {"due": "true", "enough": "false"}
"""What may be shown, and how the service is asked for it."""
_AMOUNTS = ("paid_for_a_unit", "cost")
_SHARES = ("price_change", "units_change", "weight_of_its_own_weeks", "spread_of_its_price", "forecasts_were_off_by")
_YES_OR_NO = ("sells_seldom",)
_MOST_SHOWN = 9_999


def written(words: Words, part: Mapping[str, Any], currency: str | None = None) -> str:
    """The value of an input as it is read: money, a share, a number, or yes and no."""
    name, value = str(part["input"]), float(part["value"])
    if name in _AMOUNTS and currency:
        return words.money({"minor": round(value), "currency": currency})
    if name in _SHARES:
        return words.percent(value)
    if name in _YES_OR_NO:
        return words.text("yes") if value else words.text("no")
    return words.number(value, 0 if value == int(value) or abs(value) > _MOST_SHOWN else 2)

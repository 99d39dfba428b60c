"""Prices and orders at the console: every code has its word, and what decides is read as what it is."""

from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from services.console.products.domain import ORDERED, PRICED, written
from services.console.shell.vocabulary import TERMS
from services.console.shell.words import Words
from services.forecasting.prices import domain as prices
from services.forecasting.reorders import domain as reorders

WORDS = Words("en", ZoneInfo("UTC"), datetime(2026, 3, 2, tzinfo=UTC))


def test_what_forecasting_can_say_has_words() -> None:
    assert set(TERMS["price_none"]) == set(get_args(prices.NoAdvice))
    assert set(TERMS["reorder_none"]) == set(get_args(reorders.NoAdvice))
    assert (set(TERMS["priced"]), set(TERMS["reordered"])) == (set(PRICED), set(ORDERED))


@pytest.mark.parametrize(
    ("name", "value", "currency", "text"),
    [
        ("cost", 12995.0, "DKK", "DKK 129.95"),
        ("price_change", 0.1, "DKK", "10%"),
        ("weeks_known", 78.0, None, "78"),
        ("own_elasticity", -1.236, None, "-1.24"),
        ("units_a_week", 1234567.8, None, "1,234,568"),
        ("sells_seldom", 1.0, None, "yes"),
        ("sells_seldom", 0.0, None, "no"),
    ],
)
def test_what_decides_is_read_as_what_it_is(name: str, value: float, currency: str | None, text: str) -> None:
    assert written(WORDS, {"input": name, "value": value}, currency).replace("\xa0", " ") == text

"""Numbers, money and time as people write them."""

import re
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from hypothesis import given, strategies as st

from services.console.shell.words import Words

NOW = datetime(2026, 3, 12, 13, 5, tzinfo=UTC)


def words(language: str, zone: str = "Europe/Copenhagen") -> Words:
    return Words(language, ZoneInfo(zone), NOW)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "text"),
    [
        ("en", 1299500, "DKK", "DKK\u00a012,995.00"),
        ("da", 1299500, "DKK", "12.995,00\u00a0kr."),
        ("en", 1500, "JPY", "JP¥1,500"),
        ("en", 12345, "KWD", "KWD\u00a012.345"),
        ("da", -995, "EUR", "-9,95\u00a0€"),
    ],
)
def test_money_has_the_digits_of_its_currency(language: str, minor: int, currency: str, text: str) -> None:
    assert words(language).money({"minor": minor, "currency": currency}) == text


def test_a_moment_stands_in_the_readers_zone() -> None:
    assert words("en").moment("2026-03-12T23:30:00Z") == "13 Mar 2026, 00:30"
    assert words("en", "America/New_York").moment("2026-03-12T23:30:00Z") == "12 Mar 2026, 19:30"
    assert words("da").moment("2026-03-12T23:30:00Z") == "13. mar. 2026, 00:30"


def test_a_day_of_the_calendar_is_the_same_in_every_zone() -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        assert words("en", zone).day("1983-04-20") == "20 Apr 1983"


@pytest.mark.parametrize(("value", "digits", "text"), [(12345, 0, "12,345"), (0.256, 1, "0.3"), (-3, 0, "-3")])
def test_numbers(value: float, digits: int, text: str) -> None:
    assert words("en").number(value, digits) == text


AMOUNTS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.floats(-1e15, 1e15, allow_nan=False),
    st.sampled_from([0, -0.0, 0.5, 1.5, -0.5, 2.675, 1e-9, -1e-9, 1e22, 999.995, 10**400, 0.1 + 0.2]),
)


@given(value=AMOUNTS, digits=st.integers(0, 4), language=st.sampled_from(["en", "da"]))
def test_numbers_and_shares_are_as_babel_writes_them(value: float, digits: int, language: str) -> None:
    locale = {"en": "en_GB", "da": "da_DK"}[language]
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    with localcontext(prec=5_000):
        assert words(language).number(value, digits) == format_decimal(value, pattern, locale=locale)
        share = format_percent(value, f"{pattern}\u00a0%" if digits else None, locale=locale)
    assert words(language).percent(value, digits) == share


@given(
    minor=st.one_of(st.integers(-(10**20), 10**20), st.floats(-1e12, 1e12)),
    currency=st.sampled_from(["DKK", "EUR", "USD", "GBP", "JPY", "KWD", "XXX", "ZZZ", "CLF", "SEK"]),
    language=st.sampled_from(["en", "da"]),
)
def test_amounts_are_as_babel_writes_them(minor: float, currency: str, language: str) -> None:
    whole = Decimal(round(minor)).scaleb(-get_currency_precision(currency))
    told = format_currency(whole, currency, locale={"en": "en_GB", "da": "da_DK"}[language])
    told = re.sub(r"\b([A-Z]{3})(?=\d)", "\\1\u00a0", told)
    assert words(language).money({"minor": minor, "currency": currency}) == told


def test_shares() -> None:
    assert words("en").percent(0.1234) == "12%"
    assert words("da").percent(0.1234, 1) == "12,3\u00a0%"


def test_a_code_that_is_not_known_is_shown_as_it_is() -> None:
    assert words("en").term("reason", "of_tomorrow") == "of tomorrow"
    assert words("en").term("reason", None) == "\u2013"

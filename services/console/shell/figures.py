"""Numbers and amounts as a language writes them: its signs are asked of babel once, which takes many times as long for
each number as writing it does.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache

from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

LOCALES = {"en": "en_GB", "da": "da_DK"}
SPACES = str.maketrans({"\u202f": "\u00a0"})
"""The Latin narrow no-break space of some locales is missing in many fonts."""


@cache
def _signs(language: str) -> dict[int, str]:
    """What Python's marks become: those of thousands, of decimals, and of what is less than nothing."""
    sample = str(format_decimal(Decimal("-1234.5"), "#,##0.0", locale=LOCALES[language]))
    minus, thousands, point = (mark for mark in sample if not mark.isdigit())
    return {ord("-"): minus, ord(","): thousands.translate(SPACES), ord("."): point}


@cache
def _share_sign(language: str) -> str:
    return str(format_percent(0, locale=LOCALES[language])).lstrip("0").translate(SPACES)


@lru_cache(1_000)
def _around(currency: str, spaced: Callable[[str], str], language: str, *, minus: bool) -> tuple[str, str, int]:
    """What stands before and behind an amount, and how many decimals it has."""
    digits = int(get_currency_precision(currency))
    text = spaced(format_currency(Decimal(-1 if minus else 1), currency, locale=LOCALES[language]))
    before, _, behind = text.partition(write_number(1, digits, language))
    return before, behind, digits


def write_number(value: float | Decimal, digits: int, language: str) -> str:
    """With so many decimals, rounded half to even, as the pattern `#,##0.00` says."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return f"{exact:,.{digits}f}".translate(_signs(language))


def write_share(share: float, digits: int, language: str) -> str:
    """Of a whole, as percent."""
    sign = "\u00a0%" if digits else _share_sign(language)
    return write_number(Decimal(str(share)) * 100, digits, language) + sign


def write_amount(minor: float, currency: str, spaced: Callable[[str], str], language: str) -> str:
    """`spaced` puts the spaces that the locale's own text lacks."""
    whole = round(minor)
    before, behind, digits = _around(currency, spaced, language, minus=whole < 0)
    return before + write_number(Decimal(abs(whole)).scaleb(-digits), digits, language) + behind

"""Languages of readers, and dates and money as they write them."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from jinja2 import TemplateRuntimeError, pass_context
from jinja2.runtime import Context

DEFAULT = "en"
"""The language of a text without a language in its name."""
_NEAR = {
    "nb": ("no", "nn", "da"),
    "nn": ("no", "nb", "da"),
    "no": ("nb", "nn", "da"),
    "fo": ("da",),
    "kl": ("da",),
    "gsw": ("de",),
    "lb": ("de", "fr"),
    "ca": ("es",),
    "gl": ("es", "pt"),
    "eu": ("es",),
}
"""What readers of a language read as well, before English."""


class Amount(NamedTuple):
    """An amount of money as letters are given it; without a currency it is none."""

    minor: int
    currency: str


@lru_cache(maxsize=4_000)
def languages_of(locale: str | None) -> tuple[str, ...]:
    """What a reader is written in, the best first: `da-DK` leads to `da-DK`, `da`, and the text for everybody."""
    language, *rest = (locale or "").replace("_", "-").split("-")
    language, region = language.lower(), next((part.upper() for part in reversed(rest) if len(part) == 2), "")
    chain = [f"{language}-{region}"] if region else []
    return (*chain, *([language] if language else []), *_NEAR.get(language, ()), "")


def choose_language(available: Collection[str], locale: str | None) -> str:
    """The empty one, for everybody, where nothing better is there."""
    return next(language for language in languages_of(locale) if language in available or not language)


@lru_cache(maxsize=4_000)
def writing_locale(language: str, locale: str | None) -> str:
    """By which dates and amounts are written in a text of this language: the reader's own where that is the text's."""
    wanted = (locale or "").replace("-", "_")
    for tag in (wanted if wanted[:2].lower() == (language or DEFAULT)[:2] else "", language.replace("-", "_")):
        try:
            if tag:
                return str(Locale.parse(tag))
        except (UnknownLocaleError, ValueError):
            continue
    return DEFAULT


@lru_cache(maxsize=4_000)
def written_date(day: str, locale: str) -> str:
    return format_date(date.fromisoformat(day), "long", locale=locale)


@lru_cache(maxsize=4_000)
def written_money(minor: int, currency: str, locale: str) -> str:
    return format_currency(Decimal(minor).scaleb(-get_currency_precision(currency)), currency, locale=locale)


@pass_context
def date_filter(context: Context, day: Any) -> str:
    """`{{ bought_on | date }}`; nothing of nothing."""
    try:
        return written_date(day, context["locale"]) if day else ""
    except (ValueError, TypeError):
        raise TemplateRuntimeError("date takes a day, such as bought_on") from None


@pass_context
def money_filter(context: Context, amount: Any) -> str:
    """`{{ total | money }}`; nothing where there is no amount."""
    if not isinstance(amount, Amount):
        raise TemplateRuntimeError("money takes an amount, such as total")
    return written_money(amount.minor, amount.currency, context["locale"]) if amount.currency else ""

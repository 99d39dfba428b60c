"""Texts, numbers, money and time as the person who looks at a page reads them."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_currency,
    format_currency,
    get_currency_precision,
)
from babel.support import NullTranslations, Translations
from babel.units import format_unit

from services.console.shell.figures import LOCALES, SPACES, write_amount, write_number, write_share
from services.console.shell.vocabulary import TERMS

NOTHING = "\u2013"
"""What stands where there is no value."""
CATALOGUES = Path(__file__).resolve().parents[1] / "locale"
LANGUAGES = {"en": "English", "da": "Dansk"}
_DAYS = {"en": "d MMM", "da": "d. MMM"}
# Python reads no longer number; decimals are moved and rounded within as many digits as their context has.
_MOST_DIGITS = 5_000
# `DKK12,995.00`: the locale's own rule for a code beside a digit, which babel does not follow.
_CODE = re.compile(r"\b([A-Z]{3})(?=\d)")


@lru_cache(10_000)
def _written(day: date, pattern: str, language: str) -> str:
    """A page names few days many times, and babel takes some 40 µs for each."""
    return str(format_date(day, pattern, locale=LOCALES[language]))


@lru_cache(10_000)
def _short(language: str, whole: Decimal, currency: str) -> str:
    """An axis has few amounts, the same again and again, and babel takes some 100 µs for each."""
    if abs(whole) < 1000:
        pattern = "¤#,##0" if language == "en" else "#,##0\u00a0¤"
        text = format_currency(round(whole), currency, pattern, locale=LOCALES[language], currency_digits=False)
    else:
        text = format_compact_currency(whole, currency, locale=LOCALES[language], fraction_digits=1)
    return _spaced(text)


@lru_cache(1_000)
def _size(count: int, language: str) -> str:
    """Every page says how long a form may be."""
    value, unit = (count / 1e6, "megabyte") if count >= 1e6 else (-(-count // 1000), "kilobyte")
    pattern = "0.0" if count >= 1e6 else "0"
    return str(format_unit(value, f"digital-{unit}", "short", pattern, locale=_locale_of(language))).translate(SPACES)


@cache
def _locale_of(language: str) -> Locale:
    return Locale.parse(LOCALES[language])


@cache
def translations_of(language: str) -> NullTranslations:
    """The catalogue of a language; English stands in the templates themselves."""
    file = CATALOGUES / f"{language}.po"
    if not file.exists():
        return NullTranslations()
    with file.open("rb") as text:
        catalogue = read_po(text, locale=language)
    packed = BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return Translations(packed)


@lru_cache(10_000)
def _term(language: str, kind: str, code: str) -> str:
    known = TERMS[kind].get(code)
    return code.replace("_", " ") if known is None else str(translations_of(language).ugettext(known))


def is_known(kind: str, code: str) -> bool:
    """Whether there is a word for a code."""
    return code in TERMS[kind]


def short_type(type_: str) -> str:
    """`sale.completed` of `crm.sale.completed.v1`."""
    return type_.removeprefix("crm.").rpartition(".v")[0] or type_


class Words:
    """`now` is when the page is made."""

    def __init__(self, language: str, zone: ZoneInfo, now: datetime) -> None:
        self.language = language
        self.zone = zone
        self.now = now
        self._locale = _locale_of(language)
        self._translations = translations_of(language)

    def text(self, message: str) -> str:
        return str(self._translations.ugettext(message))

    def term(self, kind: str, code: str | None) -> str:
        """A code of the services as a word, such as ("status", "open"); one that is not known is shown as it is."""
        return NOTHING if code is None else _term(self.language, kind, code)

    def language_name(self, code: str) -> str:
        """`Danish` of `da`; a code that no locale knows is shown as it is."""
        return str(self._locale.languages.get(code.lower(), code))

    def number(self, value: float, digits: int = 0) -> str:
        return write_number(value, digits, self.language)

    def percent(self, share: float, digits: int = 0) -> str:
        return write_share(share, digits, self.language)

    def money(self, amount: Mapping[str, Any]) -> str:
        """Of `{"minor": 12995, "currency": "DKK"}`."""
        with localcontext(prec=_MOST_DIGITS):
            return write_amount(amount["minor"], amount["currency"], _spaced, self.language)

    def short_money(self, amount: Mapping[str, Any]) -> str:
        """For axes and figures: `DKK 12.9K`."""
        return _short(self.language, _whole(amount), amount["currency"])

    def moment(self, at: str | datetime) -> str:
        """`12 Mar 2026, 14:05`. Hours are written without babel, which takes three times as long for a page of them."""
        local = self.local(at)
        return f"{_written(local.date(), f'{_DAYS[self.language]} y', self.language)}, {local:%H:%M}"

    def moment_precisely(self, at: str | datetime) -> str:
        local = self.local(at)
        return f"{_written(local.date(), 'full', self.language)}, {local:%H:%M:%S %Z}"

    def day(self, at: str | date | datetime) -> str:
        """Of a moment in the person's zone, or of a day of the calendar."""
        found = date.fromisoformat(at) if isinstance(at, str) and len(at) == len("2026-03-12") else at
        found = found if isinstance(found, date) and not isinstance(found, datetime) else self.local(found).date()
        return _written(found, f"{_DAYS[self.language]} y", self.language)

    def short_day(self, day: str) -> str:
        """`12 Mar`, of a day of the calendar."""
        return _written(date.fromisoformat(day), _DAYS[self.language], self.language)

    def month(self, at: str | datetime) -> str:
        return _written(self.local(at).date().replace(day=1), "LLLL y", self.language).capitalize()

    def clock(self, at: str | datetime) -> str:
        return f"{self.local(at):%H:%M}"

    def duration(self, seconds: float) -> str:
        return str(format_timedelta(timedelta(seconds=seconds), locale=self._locale))

    def size(self, count: int) -> str:
        """Of a file with so many bytes."""
        return _size(count, self.language)

    def local(self, at: str | datetime) -> datetime:
        """In the person's zone."""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return moment.astimezone(self.zone)


def _whole(amount: Mapping[str, Any]) -> Decimal:
    return Decimal(round(amount["minor"])).scaleb(-int(get_currency_precision(amount["currency"])))


def _spaced(money: str) -> str:
    return _CODE.sub("\\1\u00a0", money.translate(SPACES))

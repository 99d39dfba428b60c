"""What people type: numbers in their own language's way, or in another's where that leaves no doubt, and days."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_NUMBER = re.compile(r"-?[0-9][0-9.,]*")
_GROUPS = {"en": ",", "da": "."}
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_MOST = 40


def plain_number(typed: str, language: str) -> str | None:
    """`1234.50` of `1.234,50` as of `1,234.50`; None for what is no number.

    Where both signs stand, the last one parts the decimals. One that stands several times parts thousands. One that
    stands once parts thousands only where it does so in the language and three digits follow it.
    """
    text = re.sub(r"[\s'\u2019]", "", typed)
    if len(text) > _MOST or _NUMBER.fullmatch(text) is None or text.endswith((".", ",")):
        return None
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text
    sign, rest = text[last], text[last + 1 :]
    whole, other = text[:last], "," if text[last] == "." else "."
    alone = other not in whole
    if alone and (sign in whole or (sign == _GROUPS.get(language) and _GROUPED.fullmatch(text))):
        return _ungrouped(text, sign)
    plain = whole if alone else _ungrouped(whole, other)
    return None if plain is None or sign in plain else f"{plain}.{rest}"


def whole_of(typed: str, language: str) -> int | str:
    """`1000` of `1.000` in Danish. What is no whole number stays as it was typed, for the service to refuse."""
    plain = plain_number(typed, language)
    return int(plain) if plain is not None and "." not in plain else typed.strip()


def day_begins(typed: str, zone: ZoneInfo, later: timedelta = timedelta()) -> str:
    """When a day begins where its reader is, or so much later; what is no day stays as it was typed."""
    try:
        return datetime.combine(date.fromisoformat(typed) + later, time(), zone).isoformat()
    except (ValueError, OverflowError):
        return typed


def _ungrouped(text: str, sign: str) -> str | None:
    first, *others = text.split(sign)
    return (
        first + "".join(others)
        if len(first.lstrip("-")) in {1, 2, 3} and all(len(each) == 3 for each in others)
        else None
    )

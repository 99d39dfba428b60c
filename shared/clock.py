"""Times: UTC everywhere, RFC 3339 with microseconds and Z on the outside."""

import os
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

_OFFSET_FILE = os.environ.get("RAPPORT_CLOCK_OFFSET_FILE")
"""For tests of clocks that are wrong: a file with the seconds to add, read at every call, so that a clock can jump."""
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def now() -> datetime:
    """The wall clock in UTC; domain times come from the engine, which may run on the stream's clock."""
    if _OFFSET_FILE is not None:
        return datetime.now(UTC) + timedelta(seconds=float(Path(_OFFSET_FILE).read_text("ascii")))
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-03-01T09:30:00.000000Z`, always of one width, so that text sorts as time does. A naive time is an error."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone names no moment")
    return _written(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


@lru_cache(maxsize=1_000)  # what one fact leads to has one time, and so has what one request writes
def _written(moment: datetime) -> str:
    # Of UTC alone: the two hours of a zone that puts its clocks back are equal, and one would be taken for the other.
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def parse_rfc3339(text: str) -> datetime:
    """The moment in UTC; raises ValueError for anything that is no RFC 3339 time with its zone.

    A leap second counts as the second after it. More than six digits of a fraction are cut.
    """
    # What we write ourselves, and most others, without the search: it is done for every event.
    if (
        text[4:17:3] == "--T::"
        and text[-1] == "Z"
        and text[17:19] != "60"
        and (len(text) == 20 or (text[19] == "." and text[20].isdigit()))
    ):
        return datetime.fromisoformat(text)
    form = _RFC3339.fullmatch(text)
    if form is None:
        raise ValueError("not an RFC 3339 time with its zone")
    leap = form[1] == "60"
    try:
        moment = datetime.fromisoformat(f"{text[:17]}59{text[19:]}".upper() if leap else text.upper()).astimezone(UTC)
        return moment + timedelta(seconds=1) if leap else moment
    except OverflowError:
        raise ValueError("not an RFC 3339 time of the years 1 to 9999 in UTC") from None

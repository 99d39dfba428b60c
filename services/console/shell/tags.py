"""The smallest parts of pages, ready for a template: a page has a hundred of them, and a macro takes far longer."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.console.shell.words import Words

_has_special = re.compile("[&<>\"']").search


def escaped(value: object) -> str:
    """As a template writes it out; what is markup stays as it is, and so does a text in which nothing is to escape."""
    if type(value) is str:
        return escape(value) if _has_special(value) else value
    return value if type(value) is Markup else escape(value)


@dataclass(frozen=True, slots=True)
class Tag:
    """An element whose texts are escaped."""

    html: str

    def __html__(self) -> str:
        return self.html


def badge(text: str, tone: str = "plain") -> Tag:
    """A word in a coloured field."""
    return Tag(f'<span class="badge {escaped(tone)}">{escaped(str(text))}</span>')


class Moments:
    """Moments and days as a reader's words write them."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def when(self, at: str) -> Tag:
        """A moment, with what it is precisely."""
        return _moment(at, self._words.language, self._words.zone.key)

    def day(self, at: str) -> Tag:
        return Tag(f'<time datetime="{escaped(at)}">{escaped(self._words.day(at))}</time>')


@lru_cache(10_000)
def _moment(at: str, language: str, zone: str) -> Tag:
    """Open pages name the same moments again with each news."""
    words = Words(language, ZoneInfo(zone), datetime.now(UTC))
    precisely, short = escaped(words.moment_precisely(at)), escaped(words.moment(at))
    return Tag(f'<time datetime="{escaped(at)}" title="{precisely}">{short}</time>')

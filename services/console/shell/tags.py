"""The smallest parts of pages, ready for a template: a page has a hundred of them, and a macro takes far longer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from zoneinfo import ZoneInfo

from services.console.shell.words import Words


@dataclass(frozen=True, slots=True)
class Tag:
    """An element whose texts are escaped."""

    html: str

    def __html__(self) -> str:
        return self.html


def badge(text: str, tone: str = "plain") -> Tag:
    """A word in a coloured field."""
    return Tag(f'<span class="badge {escape(tone)}">{escape(str(text))}</span>')


class Moments:
    """Moments and days as a reader's words write them."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def when(self, at: str) -> Tag:
        """A moment, with what it is precisely."""
        return _moment(at, self._words.language, self._words.zone.key)

    def day(self, at: str) -> Tag:
        return Tag(f'<time datetime="{escape(at)}">{escape(self._words.day(at))}</time>')


@lru_cache(10_000)
def _moment(at: str, language: str, zone: str) -> Tag:
    """Open pages name the same moments again with each news."""
    words = Words(language, ZoneInfo(zone), datetime.now(UTC))
    precisely, short = escape(words.moment_precisely(at)), escape(words.moment(at))
    return Tag(f'<time datetime="{escape(at)}" title="{precisely}">{short}</time>')

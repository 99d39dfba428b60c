"""Why support decided as it did, as whoever looks at a page reads it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from services.console.shell.tags import Tag
from services.console.shell.words import Words, is_known

_TERMS = {
    "category": "category",
    "nearest": "category",
    "sentiment": "sentiment",
    "priority": "priority",
    "channel": "channel",
    "queue": "queue",
    "fallback": "queue",
    "returned": "returned",
    "removed": "removed",
    "urgency": "priority",
    "presence": "presence",
}
"""Of values that are words of support's the kind of word."""
_DIGITS = 2


def reasons_told(texts: Sequence[str], coded: Sequence[Mapping[str, Any]] | None, words: Words) -> list[Tag]:
    """A sentence for each reason; what has no code, or one that is not known here, stands in the service's own words,
    which are English.
    """
    given = coded if coded and len(coded) == len(texts) else [{}] * len(texts)
    return [_told(text, each, words) for text, each in zip(texts, given, strict=True)]


def skill_text(skill: str, words: Words) -> str:
    """`language:da` is the language's name; a skill that only the operator knows is shown as it is."""
    kind, _, code = skill.partition(":")
    if kind != "language" or not code:
        return words.term("skill", skill)
    name = words.language_name(code)
    return name[:1].upper() + name[1:]


def skills_text(skills: Sequence[str], words: Words) -> str:
    return ", ".join(skill_text(each, words) for each in skills)


def _told(text: str, coded: Mapping[str, Any], words: Words) -> Tag:
    code = coded.get("code")
    if not isinstance(code, str) or not is_known("because", code):
        return Tag(f'<span lang="en">{escape(text)}</span>')
    given = coded.get("values")
    values = {
        name: _written(name, value, words) for name, value in (given if isinstance(given, Mapping) else {}).items()
    }
    try:
        return Tag(escape(words.term("because", code)) % values)
    except KeyError:  # it lacks a value that the sentence names
        return Tag(f'<span lang="en">{escape(text)}</span>')


def _written(name: str, value: object, words: Words) -> str:
    """A value as it stands in a sentence, ready for a page."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, value, words)
    if not isinstance(value, str):
        return escape(str(value))
    if name == "agent":
        return f'<a href="/agents/{escape(quote(value, safe=""))}">{escape(value)}</a>'
    if name == "words":
        return ", ".join(f"<q>{escape(each)}</q>" for each in value.split(", "))
    if name == "skills":
        return escape(skills_text(value.split(", "), words))
    return escape(words.term(_TERMS[name], value) if name in _TERMS else value)


def _number(name: str, value: float, words: Words) -> str:
    if name == "share":
        return escape(words.percent(value))
    return escape(words.number(value, 0 if value == int(value) else _DIGITS))

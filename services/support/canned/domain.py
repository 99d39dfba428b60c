"""Replies that are kept for use again: the placeholders that they may have, and what stands there for one ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

PLACEHOLDERS = frozenset({"customer.name", "ticket.number", "ticket.subject", "ticket.sku", "ticket.sale_id"})
"""Each is the ticket's own, or its customer's: no name leads to anybody else."""
DEFAULT_LANGUAGE = "en"
_PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*(?:\|([^{}|]*))?\}\}")
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Filled:
    """A text for one ticket. `missing` are the placeholders for which there was neither a value nor other words."""

    language: str
    text: str
    missing: tuple[str, ...]


def fault_of(text: str) -> str | None:
    """What keeps a text from being filled in, such as a placeholder that nothing is called by; None where nothing."""
    for found in _PLACEHOLDER.finditer(text):
        if found[1] not in PLACEHOLDERS:
            return f"no placeholder is called {found[1]}; there are {', '.join(sorted(PLACEHOLDERS))}"
    rest = _PLACEHOLDER.sub("", text)
    return "a placeholder is written {{name}} or {{name|words else}}" if "{{" in rest or "}}" in rest else None


def choose_language(texts: Mapping[str, str], wanted: tuple[str | None, ...]) -> str:
    """The first wanted language that there is, of locales too; else English, else the first by name."""
    for locale in wanted:
        language = (locale or "").replace("_", "-").partition("-")[0].lower()
        if language in texts:
            return language
    return DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in texts else min(texts)


def fill(language: str, text: str, values: Mapping[str, str | None] = MappingProxyType({})) -> Filled:
    """The text with the ticket's values. What a value says is never read as a placeholder."""
    missing: dict[str, None] = {}

    def value_of(found: re.Match[str]) -> str:
        value = _line(values.get(found[1]) or "") or (found[2] or "").strip()
        if not value:
            missing[found[1]] = None
        return value

    return Filled(language, _PLACEHOLDER.sub(value_of, text), tuple(missing))


def _line(value: str) -> str:
    """What customers named themselves or their request is a few words, whatever it holds."""
    return " ".join(value.split())[:_LONGEST_VALUE]

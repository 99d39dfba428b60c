"""A segment's condition as lines that people read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.shell.words import Words

_GROUPS = ("all", "any", "not")
_FAMILIES = {"spent": None, "score": "score", "band": "score", "consent": "purpose"}
"""Facts of which there are several, and the words for what tells them apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """`depth` counts the groups that it stands in; a group has no `test`."""

    depth: int
    name: str
    test: str | None


def lines_of(condition: Mapping[str, Any], words: Words, depth: int = 0) -> Iterator[Line]:
    """Everything that is asked, in the order of its file."""
    for name, given in condition.items():
        if name not in _GROUPS:
            yield Line(depth, field_of(name, words), asked_of(name, given, words))
            continue
        yield Line(depth, words.term("group", name), None)
        for each in given if isinstance(given, list) else [given]:
            yield from lines_of(each, words, depth + 1)


def field_of(name: str, words: Words) -> str:
    """What is asked of a party, such as `party.spent.DKK`."""
    family, _, member = name.removeprefix("party.").partition(".")
    known = words.term("party_field", family)
    if not member:
        return known
    kind = _FAMILIES.get(family)
    return f"{known}: {words.term(kind, member) if kind else member}"


def asked_of(name: str, given: object, words: Words) -> str:
    """A value that must stand there, one of several, or a test such as `{at_least: 10000}`."""
    if isinstance(given, Mapping):
        return ", ".join(
            words.term("test", f"{test}_{value}".lower())
            if test == "known"
            else f"{words.term('test', test)} {value_of(name, value, words)}"
            for test, value in given.items()
        )
    values = given if isinstance(given, list) else [given]
    return f" {words.text('or')} ".join(value_of(name, each, words) for each in values)


def value_of(name: str, value: object, words: Words) -> str:
    """Money in the currency of its field; codes as words."""
    family, _, member = name.removeprefix("party.").partition(".")
    if isinstance(value, bool):
        return words.text("yes") if value else words.text("no")
    if isinstance(value, int | float):
        is_money = family == "spent" and len(member) == 3
        if is_money:
            return words.money({"minor": value, "currency": member})
        return words.number(value, 0 if value == int(value) else 2)
    return words.term(family, str(value)) if family in {"stage", "kind", "band"} else str(value)

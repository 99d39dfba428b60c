"""Two sets of rows, keyed by natural ids: what is missing, what is too much, what differs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one projection. `explained` has a line for each of the first rows that differ."""

    name: str
    rows: int
    missing: int
    unexpected: int
    different: int
    explained: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not (self.missing or self.unexpected or self.different)


def compare(name: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Comparison:
    """Row by row; the explanation takes the first `SHOWN` of each kind, in the order of their keys."""
    missing = expected.keys() - found.keys()
    unexpected = found.keys() - expected.keys()
    different = {key for key in expected.keys() & found.keys() if expected[key] != found[key]}
    explained = (
        *_lines(missing, lambda key: f"missing: {_text(key)} should be {_text(expected[key])}"),
        *_lines(unexpected, lambda key: f"unexpected: {_text(key)} is {_text(found[key])}"),
        *_lines(different, lambda key: f"different: {_text(key)} is {_text(found[key])}, not {_text(expected[key])}"),
    )
    return Comparison(name, len(expected), len(missing), len(unexpected), len(different), explained)


def _lines(keys: set[Any], tell: Any) -> Iterator[str]:
    return (tell(key) for key in islice(sorted(keys, key=_text), SHOWN))


def _text(value: Any) -> str:
    """A row as a person reads it; times in the form of the events."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return " ".join(f"{name}={_text(each)}" for name, each in zip(value._fields, value, strict=True))
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)

"""Named statements from a `queries.sql`: `-- name: load_things` opens one, the next name or the end closes it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def load_queries(path: Path) -> Mapping[str, str]:
    """Read every statement of the file, by name, with native `$1` parameters; a name given twice is an error."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    names, texts = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{path} names a statement twice")
    return MappingProxyType(dict(zip(names, (text.strip() for text in texts), strict=True)))


def storable(text: str) -> str:
    """The text as Postgres can hold it: NUL, which no text of people has, becomes the replacement character."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    """Rows as one list a column, for `unnest`; no rows make no columns, so that statement must not be run."""
    return [list(column) for column in zip(*rows, strict=True)]


def numbers(values: Iterable[int]) -> str:
    """A column of numbers as one text, for `string_to_array($1, ' ')::numeric[]`: of thousands of numbers the driver's
    array takes ten times as long. No numbers make a text of none.
    """
    return " ".join(map(str, values))

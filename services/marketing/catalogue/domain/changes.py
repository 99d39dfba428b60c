"""What differs between two versions of a definition."""

from collections.abc import Iterator
from typing import Any, NamedTuple

_MISSING = object()


class Change(NamedTuple):
    """A field by its path; null stands for what is not there."""

    field: str
    before: Any
    after: Any


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    return list(_changes("", before, after))


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            here = f"{path}.{name}" if path else name
            yield from _changes(here, before.get(name, _MISSING), after.get(name, _MISSING))
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            old = before[place] if place < len(before) else _MISSING
            new = after[place] if place < len(after) else _MISSING
            yield from _changes(f"{path}.{place}", old, new)
    elif before != after:
        yield Change(path, None if before is _MISSING else before, None if after is _MISSING else after)

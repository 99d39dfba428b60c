"""Evidence as it is kept beside what was told of it, in JSON."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json

from shared.events.insights import Contribution

_EVIDENCE = TypeAdapter(tuple[Contribution, ...])


def write_evidence(parts: Sequence[Contribution]) -> str:
    return _EVIDENCE.dump_json(tuple(parts)).decode()


def shown_evidence(kept: str) -> list[dict[str, Any]]:
    """Without inputs that have no value: one that was no finite number may have been kept, which JSON has as null."""
    return [part for part in from_json(kept) if part["value"] is not None]


def read_evidence(kept: str) -> tuple[Contribution, ...]:
    """As `shown_evidence`."""
    return _EVIDENCE.validate_python(shown_evidence(kept))

"""One line of the bench's answer, and how it stands to its gate."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`rate` is per second; `ratio` is to the peer of the same run, above 1 where ours is better.

    `cpu_us` is per unit of work over all processes of ours; `cores` is processor seconds a second over the same.
    `more` holds what only this work has; a value may be named by a gate.
    """

    work: str
    rate: float | None = None
    unit: str = ""
    peer: str | None = None
    peer_rate: float | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None
    cores: float | None = None
    parties: int | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def value(self, name: str) -> float | None:
        """A figure by its name."""
        found: float | None = self.more[name] if name in self.more else getattr(self, name)
        return found

    def as_json(self) -> dict[str, Any]:
        """For `JSON=file`."""
        return asdict(self)

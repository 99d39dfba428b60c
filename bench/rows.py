"""One line of the bench's answer."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`rate` is per second; `ratio` is to the peer of the same run; `cpu_us` is per unit of work over all processes."""

    work: str
    rate: float | None = None
    peer: str | None = None
    peer_rate: float | None = None
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_us: float | None = None
    parties: int | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """For `JSON=file`."""
        return asdict(self)

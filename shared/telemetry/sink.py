"""Where spans go, without OpenTelemetry, which is loaded only where an endpoint for them is set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """A span that is over: `own` and `parent` are traceparents, `times` begin and end in nanoseconds since the epoch.

    It failed where `attributes` have an `error.type`. No attribute may be personal.
    """

    name: str
    kind: Literal["server", "consumer", "producer"]
    own: str
    parent: str | None
    times: tuple[int, int]
    attributes: Mapping[str, str | int | bool]


class SpanSink(Protocol):
    """Made by `spans_of` of tracing.py."""

    ratio: float

    def add(self, span: Span) -> None:
        """Never blocks: what cannot be exported in time is lost."""

    def stop(self) -> None:
        """Export what is left. Blocks for two seconds at most; what a collector has not taken by then is lost."""

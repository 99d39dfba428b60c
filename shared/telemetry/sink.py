"""Where spans go, without OpenTelemetry, which is loaded only where an endpoint for them is set."""

from collections.abc import Mapping
from typing import Literal, Protocol

Kind = Literal["server", "consumer", "producer"]


class SpanSink(Protocol):
    """Takes spans that are over. Made by `spans_of` of tracing.py."""

    ratio: float

    def add(
        self,
        name: str,
        kind: Kind,
        own: str,
        parent: str | None,
        times: tuple[int, int],
        attributes: Mapping[str, str | int | bool],
    ) -> None:
        """One span: `own` and `parent` are traceparents, `times` begin and end in nanoseconds since the epoch.

        It failed where `attributes` have an `error.type`. No attribute may be personal.
        """

    def stop(self) -> None:
        """Hand in what is left. Blocks for two seconds at most; a collector that takes longer gets the rest no more."""

"""Series of the market and the economy: of two values of one moment, the last of the log holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from shared.engine.event import Event
from shared.events.indicators import IndicatorObserved

_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
"""The first moment there is would be written by the database's driver as minus infinity."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a series was at a moment, as it was said last."""

    series: str
    at: datetime
    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Weekly:
    """What was said last of a series in each week from the one that begins at `first` on; None where nothing was."""

    series: str
    first: date
    values: tuple[float | None, ...]


def newest(events: Iterable[Event[IndicatorObserved]]) -> list[Observation]:
    """The last of each series and moment, sorted by them."""
    last: dict[tuple[str, datetime], Observation] = {}
    for event in events:
        data = event.data
        said = Observation(data.series, max(event.time, _EARLIEST), data.value, data.unit)
        last[said.series, said.at] = said
    return [last[place] for place in sorted(last)]

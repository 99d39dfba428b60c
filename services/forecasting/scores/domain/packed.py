"""Histories of many parties as the database packs them: columns of numbers, which the service itself never unpacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.forecasting.packed import read_numbers
from services.forecasting.scores.domain.churn import WINDOWS, Came
from services.forecasting.scores.domain.lifetime import History

COLUMNS = ("first", "last", "days", *(f"in_{days}" for days in WINDOWS), "came")
"""Days are counted from the first of year 1, which is 1, as `date.toordinal` does."""
_WIDTH = 4


@dataclass(frozen=True, slots=True)
class Packed:
    """A column for each of COLUMNS: 32-bit numbers, the highest byte first, a party in the same place of each."""

    columns: Sequence[bytes]

    def __len__(self) -> int:
        """Parties."""
        return len(self.columns[0]) // _WIDTH

    def unpack(self) -> Came:
        """A history for each party, and on how many of the days after it the party bought."""
        first, last, days, *recent, came = map(read_numbers, self.columns)
        rows = zip(first, last, days, zip(*recent, strict=True), came, strict=True)
        return [
            (History(date.fromordinal(begin), date.fromordinal(end), often, lately), later)
            for begin, end, often, lately, later in rows
        ]

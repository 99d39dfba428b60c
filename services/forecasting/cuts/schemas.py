"""Parameters of requests that ask for days."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query


class DayRange:
    """From `from` up to, and without, `until`; UTC days."""

    def __init__(
        self,
        begin: Annotated[date, Query(alias="from")] = date(1970, 1, 1),
        until: Annotated[date, Query()] = date(9999, 1, 1),
    ) -> None:
        self.begin, self.until = begin, until


Days = Annotated[DayRange, Depends()]

"""How far the sending may be ahead: of the clocks of the services, and of the forecasts that are due."""

import asyncio
from datetime import date, datetime, timedelta
from time import monotonic

from demo.play.settle import NotSettledError
from demo.play.watch import SQL, Watch
from demo.world.clock import DAY
from services.forecasting.cuts.domain import instant, last_cut

STANDSTILL = 300.0  # seconds without a move, after which something is wrong
_LOOK_AGAIN = 0.3


class Pace:
    """Call it for the moment that everybody has passed; None before the first tick has got through.

    Forecasting leaves out cuts that pass while it still fits an earlier one. So that none is left out, nobody gets to
    the next cut before. Raises NotSettledError when the moment stands still for `STANDSTILL` seconds.
    """

    def __init__(self, watch: Watch, refit_every: timedelta, ahead: timedelta) -> None:
        self._watch = watch
        self._refit_every = refit_every
        self._ahead = ahead
        self._last: datetime | None = None
        self._since = monotonic()

    async def __call__(self) -> datetime | None:
        passed = await self._watch.passed()
        if passed is not None:
            passed = held(passed, await self._due(passed), self._refit_every, self._ahead)
        if passed != self._last:
            self._last, self._since = passed, monotonic()
        if monotonic() - self._since > STANDSTILL:
            raise NotSettledError(f"the services have stood still at {passed} for {STANDSTILL:.0f} s of wall time")
        return passed

    async def until_forecast(self, now: datetime) -> None:
        """Wait for the forecasts and scores of the last cut before `now`. Raises NotSettledError."""
        deadline = monotonic() + STANDSTILL
        while due := await self._due(now):
            if monotonic() > deadline:
                raise NotSettledError(f"the forecasts of {due} were not made within {STANDSTILL:.0f} s")
            await asyncio.sleep(_LOOK_AGAIN)

    async def _due(self, passed: datetime) -> date | None:
        (row,) = await self._watch.rows("forecasting", SQL["load_cuts"])
        return due_cut(passed, self._refit_every, row["first_day"], row["last_cut"])


def due_cut(passed: datetime, refit_every: timedelta, first_day: date | None, done: date | None) -> date | None:
    """The cut that forecasting should be working on when everybody has passed the moment; None: nothing to do."""
    due = last_cut(passed, refit_every)
    nothing = first_day is None or first_day >= due
    return None if nothing or (done is not None and done >= due) else due


def held(passed: datetime, due: date | None, refit_every: timedelta, ahead: timedelta) -> datetime:
    """The moment that is told while a cut is due: so early that who is `ahead` of it never reaches the next cut.

    The sending compares the tick before, so it may be a day further.
    """
    return passed if due is None else min(passed, instant(due) + refit_every - ahead - 2 * DAY)

"""What the fitting process does for the weekly forecasts: outlooks from the cut on, and from origins that miss one."""

from collections.abc import Sequence
from datetime import date

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.ensemble import FEWEST_WEEKS, look_ahead
from services.forecasting.forecasts.domain.outlook import Asked, Outlook, origins

FEWEST_BEHIND = 8
"""Weeks of history that an origin of a backtest needs."""


def look_back_and_ahead(series: Sequence[Asked], cut: date, backtests: int) -> dict[str, list[Outlook]]:
    """Outlooks by series, oldest origin first, the cut's own last; a series too short for any is left out.

    An outlook from an earlier origin sees only the weeks before it.
    """
    return {one.series: _outlooks(one, cut, backtests) for one in series if len(one.values) >= FEWEST_WEEKS}


def _outlooks(one: Asked, cut: date, backtests: int) -> list[Outlook]:
    behind = origins(cut, one.first_week, backtests, FEWEST_BEHIND)
    wanted = [*sorted(set(behind) - one.known), cut]
    return [look_ahead(one.values[: (origin - one.first_week) // WEEK], origin) for origin in wanted]

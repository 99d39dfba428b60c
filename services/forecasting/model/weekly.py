"""What the fitting process does for the weekly forecasts: outlooks from the cut on, and from origins that miss one."""

from collections.abc import Sequence
from datetime import date

from services.forecasting.domain.outlook import Outlook, origins
from services.forecasting.domain.weeks import WEEK
from services.forecasting.model.ensemble import FEWEST_WEEKS, look_ahead

FEWEST_BEHIND = 8
"""Weeks of history that an origin of a backtest needs."""

Asked = tuple[str, date, tuple[float, ...], set[date]]
"""A series' id, its first week, its values up to the cut, and the origins that need no outlook again."""


def look_back_and_ahead(series: Sequence[Asked], cut: date, backtests: int) -> dict[str, list[Outlook]]:
    """Outlooks by series, oldest origin first, the cut's own last; a series too short for any is left out.

    An outlook from an earlier origin sees only the weeks before it.
    """
    return {
        name: _outlooks(first_week, values, known, cut, backtests)
        for name, first_week, values, known in series
        if len(values) >= FEWEST_WEEKS
    }


def _outlooks(
    first_week: date, values: tuple[float, ...], known: set[date], cut: date, backtests: int
) -> list[Outlook]:
    behind = origins(cut, first_week, backtests, FEWEST_BEHIND)
    wanted = [*sorted(set(behind) - known), cut]
    return [look_ahead(values[: (origin - first_week) // WEEK], origin) for origin in wanted]

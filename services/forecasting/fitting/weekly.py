"""What a fitting process does for the forecasts: an outlook of each series from each origin that is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.beside import add_indicator
from services.forecasting.fitting.candidates import look_ahead
from services.forecasting.forecasts.domain.outlook import Asked, Outlook
from services.forecasting.indicators.domain import Weekly


def look_from_origins(series: Sequence[Asked], indicators: Sequence[Weekly] = ()) -> dict[str, list[Outlook]]:
    """Outlooks by series, in the order of the origins; each sees only the values before its origin, and of indicators,
    which are looked at beside weekly series, the same weeks.
    """
    return {one.series: [_look(one, origin, indicators) for origin in one.origins] for one in series}


def _look(asked: Asked, origin: date, indicators: Sequence[Weekly]) -> Outlook:
    """Where the last values before the origin are not known, it looks over them: they are foretold, and left out."""
    before = (origin - asked.first) // asked.cadence.every
    known = asked.values[:before]
    gap = before - len(known)
    found = look_ahead(known, origin, replace(asked.cadence, horizon=asked.cadence.horizon + gap))
    if asked.cadence.every == WEEK:
        found = add_indicator(known, asked.first, found, indicators)
    said = {name: values[gap:] for name, values in found.candidates.items()}
    return replace(found, candidates=said, spread=found.spread[gap:])

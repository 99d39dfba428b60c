"""What a fitting process does for the forecasts: an outlook of each series from each origin that is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.forecasting.fitting.candidates import look_ahead
from services.forecasting.forecasts.domain.outlook import Asked, Outlook


def look_from_origins(series: Sequence[Asked]) -> dict[str, list[Outlook]]:
    """Outlooks by series, in the order of the origins; each sees only the values before its origin."""
    return {one.series: [_look(one, origin) for origin in one.origins] for one in series}


def _look(asked: Asked, origin: date) -> Outlook:
    """Where the last values before the origin are not known, it looks over them: they are foretold, and left out."""
    before = (origin - asked.first) // asked.cadence.every
    known = asked.values[:before]
    gap = before - len(known)
    found = look_ahead(known, origin, replace(asked.cadence, horizon=asked.cadence.horizon + gap))
    said = {name: values[gap:] for name, values in found.candidates.items()}
    return replace(found, candidates=said, spread=found.spread[gap:])

"""What a fitting process does for the forecasts: an outlook of each series from each origin that is asked for."""

from collections.abc import Sequence

from services.forecasting.fitting.candidates import look_ahead
from services.forecasting.forecasts.domain.outlook import Asked, Outlook


def look_from_origins(series: Sequence[Asked]) -> dict[str, list[Outlook]]:
    """Outlooks by series, in the order of the origins; each sees only the values before its origin."""
    return {
        one.series: [
            look_ahead(one.values[: (origin - one.first) // one.cadence.every], origin, one.cadence)
            for origin in one.origins
        ]
        for one in series
    }

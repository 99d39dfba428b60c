"""`crm.indicators`: series of the market and the economy, kept, keyed by series."""

from dataclasses import dataclass

from shared.events.contract import contract
from shared.events.values import OutsideId

INDICATORS = "crm.indicators"


@contract(INDICATORS, "crm.indicator.observed.v1", key="series", subject="indicator/{series}")
@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorObserved:
    """One value of a series; when it holds is the event's time."""

    series: OutsideId
    value: float
    unit: OutsideId | None = None

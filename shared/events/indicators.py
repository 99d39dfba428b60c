"""`crm.indicators`: series of the market and the economy, kept, keyed by series."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from shared.events.contract import contract
from shared.events.topic import topic
from shared.events.values import BlankIsNone, OutsideId

INDICATORS = topic(
    "crm.indicators",
    owner=None,
    about="Series of the market and the economy.",
    cleanup="keep",
    key="the series",
)


@contract(INDICATORS, "crm.indicator.observed.v1", key="series", subject="indicator/{series}")
@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorObserved:
    """One value of a series; when it holds is the event's time."""

    series: OutsideId
    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    unit: Annotated[OutsideId | None, BlankIsNone] = None

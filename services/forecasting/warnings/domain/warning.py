"""A warning: what it is about, why it was raised, what it foretells, and what became of that."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.forecasting.cuts.domain import instant
from shared.engine.event import Emission
from shared.events.insights import Contribution, WarningCleared, WarningRaised
from shared.ids import dated_id

Kind = Literal["churn", "silence", "usage_drop", "dispute_cluster", "backlog", "forecast_missed", "demand_unusual"]
State = Literal["open", "cleared"]
Because = Literal["bought", "used_again", "came_true", "over"]
"""The first two: what it foretold was averted. `over`: what it told of is no longer so."""
CHURN: Kind = "churn"
SILENCE: Kind = "silence"
USAGE_DROP: Kind = "usage_drop"
DISPUTE_CLUSTER: Kind = "dispute_cluster"
BACKLOG: Kind = "backlog"
FORECAST_MISSED: Kind = "forecast_missed"
DEMAND_UNUSUAL: Kind = "demand_unusual"


@dataclass(frozen=True, slots=True)
class Warned:
    """One that is to be raised, or stands. `as_of`: it was decided by what happened before."""

    warning_id: UUID
    kind: str
    about: str
    severity: float
    as_of: date
    evidence: tuple[Contribution, ...]
    model: str | None = None
    until: date | None = None
    party_id: UUID | None = None
    sku: str | None = None

    def had(self, name: str) -> float:
        """What the evidence says of an input; 0 where it has none of that name."""
        return next((part.value for part in self.evidence if part.input == name), 0.0)


@dataclass(frozen=True, slots=True)
class Cleared:
    """How a warning ended. `lead_days`: how much earlier it was than a rule that waits until the harm is done."""

    warning: Warned
    because: Because
    lead_days: int | None = None


def announce_raised(warned: Warned, recorded_at: datetime) -> Emission:
    said = WarningRaised(
        warning_id=warned.warning_id,
        kind=warned.kind,
        about=warned.about,
        severity=round(warned.severity, 6),
        as_of=instant(warned.as_of),
        contributions=list(warned.evidence),
        recorded_at=recorded_at,
        until=instant(warned.until) if warned.until else None,
        model=warned.model,
        party_id=warned.party_id,
        sku=warned.sku,
    )
    return Emission(said, instant(warned.as_of), id=_event_id("raised", warned))


def announce_cleared(cleared: Cleared, now: datetime) -> Emission:
    warned = cleared.warning
    said = WarningCleared(
        warning_id=warned.warning_id,
        kind=warned.kind,
        about=warned.about,
        because=cleared.because,
        recorded_at=now,
        lead_days=cleared.lead_days,
        party_id=warned.party_id,
        sku=warned.sku,
    )
    return Emission(said, now, id=_event_id("cleared", warned))


def _event_id(what: str, warned: Warned) -> UUID:
    """What is decided again after a restore says the same, and is not published a second time."""
    return dated_id(int(instant(warned.as_of).timestamp() * 1000), "warning", what, warned.warning_id)

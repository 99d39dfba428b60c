"""A dispute as its events tell it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from services.support.disputes.domain.dispute import About, Dispute
from services.support.disputes.domain.status import STATES
from shared.events.disputes import (
    DisputeAcknowledged,
    DisputeAmended,
    DisputeClosed,
    DisputeCountered,
    DisputeCredited,
    DisputeEvidenceAdded,
    DisputeInvestigated,
    DisputeOverdue,
    DisputeProposed,
    DisputeRaised,
    DisputeRejected,
    DisputeSettled,
    DisputeStatus,
)
from shared.events.money import Money

Step = (
    DisputeAcknowledged
    | DisputeInvestigated
    | DisputeProposed
    | DisputeCountered
    | DisputeSettled
    | DisputeCredited
    | DisputeRejected
    | DisputeClosed
)
Told = Step | DisputeAmended | DisputeEvidenceAdded | DisputeOverdue
_STATUSES: Mapping[type[Step], DisputeStatus] = MappingProxyType(
    {
        DisputeAcknowledged: "acknowledged",
        DisputeInvestigated: "investigating",
        DisputeProposed: "proposed",
        DisputeCountered: "countered",
        DisputeSettled: "settled",
        DisputeCredited: "credited",
        DisputeRejected: "rejected",
        DisputeClosed: "closed",
    }
)


def begin(raised: DisputeRaised, due_at: datetime) -> tuple[Dispute, About]:
    """`due_at` is the deadline where the event has none."""
    dispute = Dispute(
        raised.dispute_id,
        raised.party_id,
        "raised",
        raised.version,
        raised.cause,
        raised.amount,
        None,
        raised.owner,
        raised.due_at or due_at,
    )
    return dispute, About(raised.ticket_id, raised.agreement_id, raised.obligation, raised.origin, raised.sale_id)


def fold(dispute: Dispute, told: Told) -> Dispute:
    """The dispute after an event."""
    after = replace(dispute, version=told.version)
    match told:
        case DisputeEvidenceAdded():
            return after
        case DisputeAmended(owner=owner, due_at=due_at):
            overdue_at = dispute.overdue_at if due_at == dispute.due_at else None
            return replace(after, owner=owner, due_at=due_at, overdue_at=overdue_at)
        case DisputeOverdue():
            return replace(after, overdue_at=told.recorded_at)
        case DisputeClosed(outcome=outcome):
            return replace(after, status="closed", outcome=outcome)
        case _:
            status = _STATUSES[type(told)]
            return replace(after, status=status, offer=amount_told(told) if STATES[status].offer else dispute.offer)


def amount_told(told: Told) -> Money | None:
    return getattr(told, "amount", None)

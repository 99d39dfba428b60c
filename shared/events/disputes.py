"""Disputes on `crm.tickets`: what a party disputes and how it goes on, keyed by party; texts stay with support."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.events.contract import contract
from shared.events.money import Money
from shared.events.tickets import TICKETS
from shared.events.values import Instant

DisputeStatus = Literal[
    "raised",
    "acknowledged",
    "investigating",
    "proposed",
    "countered",
    "settled",
    "credited",
    "rejected",
    "closed",
]
DisputeCause = Literal["quality", "delivery", "price", "billing", "terms", "service", "other"]
DisputeOutcome = Literal["settled", "credited", "rejected", "withdrawn"]
EvidenceKind = Literal["sale", "ticket", "message", "agreement", "document", "statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dispute:
    """`version` counts what was done to the dispute."""

    dispute_id: UUID
    party_id: UUID
    recorded_at: Instant
    version: int = 1
    agent: str | None = None


@contract(TICKETS, "crm.dispute.raised.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRaised(_Dispute):
    """The party disputes something; (`origin`, `sale_id`) names the sale, where it is about one, and `obligation` what
    of the agreement is said to be broken. It stands open until it is closed.
    """

    ticket_id: UUID | None = None
    agreement_id: UUID | None = None
    obligation: str | None = None
    sale_id: str | None = None
    origin: str | None = None
    cause: DisputeCause = "other"
    amount: Money | None = None
    owner: str | None = None
    due_at: Instant | None = None
    has_text: bool = False


@contract(TICKETS, "crm.dispute.acknowledged.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeAcknowledged(_Dispute):
    """The party knows that the dispute is dealt with."""


@contract(TICKETS, "crm.dispute.investigated.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeInvestigated(_Dispute):
    """Somebody looks into it from now on; after a rejection, once more."""

    has_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer(_Dispute):
    """An `amount` of None asks for no money; what it says besides is read by API."""

    amount: Money | None = None
    has_text: bool = False


@contract(TICKETS, "crm.dispute.proposed.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeProposed(_Offer):
    """We propose how to settle it."""


@contract(TICKETS, "crm.dispute.countered.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCountered(_Offer):
    """The party asks for something else."""


@contract(TICKETS, "crm.dispute.settled.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSettled(_Offer):
    """Both sides agree on the last proposal, or on the last answer to it."""


@contract(TICKETS, "crm.dispute.credited.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCredited(_Dispute):
    """The party has the money."""

    amount: Money


@contract(TICKETS, "crm.dispute.rejected.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRejected(_Dispute):
    """The claim is not accepted."""

    has_text: bool = False


@contract(TICKETS, "crm.dispute.closed.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClosed(_Dispute):
    """It is over, settled or not. What nothing was decided about was withdrawn."""

    outcome: DisputeOutcome | None = None


@contract(TICKETS, "crm.dispute.amended.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeAmended(_Dispute):
    """Who answers for it, and by when it is to be decided, from now on."""

    owner: str | None
    due_at: Instant


@contract(TICKETS, "crm.dispute.evidence_added.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeEvidenceAdded(_Dispute):
    """Something that speaks for one side or the other; `reference` is its id elsewhere."""

    evidence_id: UUID
    evidence_kind: EvidenceKind
    reference: str | None = None
    has_text: bool = False


@contract(TICKETS, "crm.dispute.overdue.v1", key="party_id", subject="dispute/{dispute_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOverdue(_Dispute):
    """Its deadline has passed, and nothing is decided. Told once of each deadline."""

    due_at: Instant

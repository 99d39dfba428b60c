"""Bodies of requests about disputes, and of what is answered."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from services.support.tickets.schemas import Text
from shared.events.disputes import DisputeCause, DisputeOutcome, DisputeStatus, EvidenceKind
from shared.events.money import Money
from shared.events.values import Instant, OutsideId, ReportedInstant
from shared.http.staff import StaffId


def _not_negative(amount: Money) -> Money:
    if amount.minor < 0:
        raise ValueError("an amount is not negative")
    return amount


Amount = Annotated[Money, AfterValidator(_not_negative)]
# They are told on topics, so nothing that reads like a name or an address fits.
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:/-]{1,200}$")]


class NewDispute(BaseModel):
    """What a party disputes. Without `due_at` it is to be decided within the days that the settings say."""

    party_id: UUID
    cause: DisputeCause
    text: Text | None = None
    amount: Amount | None = None
    ticket_id: UUID | None = None
    agreement_id: UUID | None = None
    obligation: Reference | None = None
    origin: OutsideId | None = None
    sale_id: OutsideId | None = None
    owner: StaffId | None = None
    due_at: ReportedInstant | None = None
    agent: StaffId | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.origin is None) != (self.sale_id is None):
            raise ValueError("a sale is named by its origin and its sale_id")
        if self.obligation is not None and self.agreement_id is None:
            raise ValueError("an obligation is one of an agreement")
        return self


class NewStep(BaseModel):
    """The status that the dispute goes to. Proposals and counters have an amount, or say in words what is offered; a
    credit has one where none was agreed.
    """

    status: Literal[
        "acknowledged", "investigating", "proposed", "countered", "settled", "credited", "rejected", "closed"
    ]
    amount: Amount | None = None
    text: Text | None = None
    agent: StaffId | None = None

    @model_validator(mode="after")
    def _offered(self) -> Self:
        if self.status in {"proposed", "countered"} and self.amount is None and self.text is None:
            raise ValueError("an offer has an amount or a text")
        return self


class DisputePatch(BaseModel):
    """What is left out stays; an `owner` of null is nobody."""

    owner: StaffId | None = None
    due_at: ReportedInstant | None = None
    agent: StaffId | None = None

    @model_validator(mode="after")
    def _changing(self) -> Self:
        if "due_at" in self.model_fields_set and self.due_at is None:
            raise ValueError("a dispute has a deadline")
        if not self.model_fields_set & {"owner", "due_at"}:
            raise ValueError("nothing is to be changed")
        return self


class NewEvidence(BaseModel):
    """Something that speaks for one side: a record by its id, or words."""

    kind: EvidenceKind
    reference: Reference | None = None
    text: Text | None = None
    agent: StaffId | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.reference is None and self.text is None:
            raise ValueError("evidence has a reference or a text")
        return self


class DisputeState(BaseModel):
    """A dispute after an act; `version` is the ETag to send as If-Match. `offer` is what was last on the table."""

    id: UUID
    status: DisputeStatus
    version: int
    allowed: list[DisputeStatus]
    offer: Money | None
    owner: str | None
    due_at: Instant
    outcome: DisputeOutcome | None


class EvidenceAdded(DisputeState):
    evidence_id: UUID


class DisputeLine(DisputeState):
    """A dispute in a list. `overdue_at` is when its deadline was found to have passed."""

    party_id: UUID
    cause: DisputeCause
    amount: Money | None
    ticket_id: UUID | None
    agreement_id: UUID | None
    obligation: str | None
    origin: str | None
    sale_id: str | None
    overdue_at: datetime | None
    raised_at: datetime
    changed_at: datetime


class StepView(BaseModel):
    version: int
    status: DisputeStatus
    agent: str | None
    amount: Money | None
    text: str | None
    at: datetime


class EvidenceView(BaseModel):
    id: UUID
    kind: EvidenceKind
    reference: str | None
    text: str | None
    agent: str | None
    at: datetime


class DisputeView(DisputeLine):
    """The whole dispute: every step of it, and what speaks for either side, oldest first. Texts are null once the party
    was erased.
    """

    steps: list[StepView]
    evidence: list[EvidenceView]

"""What is done to a dispute, as the dispute after it and the event to publish. Time and ids are arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypedDict
from uuid import UUID

from services.support.disputes.domain.status import STATES, require_move, require_open
from shared.engine.event import Emission
from shared.errors import Invalid
from shared.events.disputes import (
    DisputeAcknowledged,
    DisputeAmended,
    DisputeCause,
    DisputeClosed,
    DisputeCountered,
    DisputeCredited,
    DisputeEvidenceAdded,
    DisputeInvestigated,
    DisputeOutcome,
    DisputeOverdue,
    DisputeProposed,
    DisputeRaised,
    DisputeRejected,
    DisputeSettled,
    DisputeStatus,
    EvidenceKind,
)
from shared.events.money import Money


@dataclass(frozen=True, slots=True)
class Dispute:
    """`offer` is what was proposed or asked for last, and once it is settled what was agreed. `overdue_at` is when it
    was told that this deadline had passed.
    """

    id: UUID
    party_id: UUID
    status: DisputeStatus
    version: int
    cause: DisputeCause
    amount: Money | None
    offer: Money | None
    owner: str | None
    due_at: datetime
    overdue_at: datetime | None = None
    outcome: DisputeOutcome | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a dispute is about: a ticket, a sale, an obligation of an agreement."""

    ticket_id: UUID | None = None
    agreement_id: UUID | None = None
    obligation: str | None = None
    origin: str | None = None
    sale_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One move of the machine as it is asked for; `text` stays with support."""

    status: DisputeStatus
    agent: str
    amount: Money | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    id: UUID
    kind: EvidenceKind
    reference: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """The dispute after an act, what is told of it, and the amount that the step was about."""

    dispute: Dispute
    emission: Emission
    amount: Money | None = None


class Common(TypedDict):
    """What every event about a dispute has."""

    dispute_id: UUID
    party_id: UUID
    recorded_at: datetime
    version: int
    agent: str | None


def raise_dispute(dispute: Dispute, about: About, agent: str, now: datetime, *, has_text: bool) -> Changed:
    """A new dispute. Raises Invalid where its deadline has passed already."""
    if dispute.due_at <= now:
        raise Invalid("the deadline has passed already", field="body.due_at")
    raised = DisputeRaised(
        **common(dispute, agent, now),
        ticket_id=about.ticket_id,
        agreement_id=about.agreement_id,
        obligation=about.obligation,
        sale_id=about.sale_id,
        origin=about.origin,
        cause=dispute.cause,
        amount=dispute.amount,
        owner=dispute.owner,
        due_at=dispute.due_at,
        has_text=has_text,
    )
    return Changed(dispute, Emission(data=raised, time=now), dispute.amount)


def move(dispute: Dispute, step: Step, now: datetime, *, has_text: bool) -> Changed:
    """Take the dispute to another status. Raises IllegalMove, and Invalid for an amount that does not belong there."""
    require_move(dispute.status, step.status)
    amount = amount_of(dispute, step)
    moved = replace(
        dispute,
        status=step.status,
        version=dispute.version + 1,
        offer=amount if STATES[step.status].offer else dispute.offer,
        outcome=STATES[dispute.status].outcome if step.status == "closed" else None,
    )
    told = _EVENTS[step.status](common(moved, step.agent, now), moved, amount, has_text)
    return Changed(moved, Emission(data=told, time=now), amount)


def amount_of(dispute: Dispute, step: Step) -> Money | None:
    """What a step is about: what is offered; of a settlement the last offer; of a credit what was agreed, else what is
    given here, else what is disputed. Raises Invalid.
    """
    given, known = step.amount, dispute.amount
    if given is not None and not (STATES[step.status].offer or step.status == "credited"):
        raise Invalid(f"nothing is paid where a dispute becomes {step.status}", field="body.amount")
    spoken = known or dispute.offer  # where nothing says what is disputed, whoever offered first chose the currency
    if given is not None and spoken is not None and given.currency != spoken.currency:
        raise Invalid(f"the dispute is about {spoken.currency}", field="body.amount")
    if step.status == "settled":
        return dispute.offer
    if step.status != "credited":
        return given
    agreed = dispute.offer if dispute.status == "settled" else None
    if agreed is not None and given not in {None, agreed}:
        raise Invalid("another amount was agreed", field="body.amount")
    amount = given or agreed or (known if dispute.status != "settled" else None)
    if amount is None:
        raise Invalid("a credit has an amount, and none was agreed or disputed", field="body.amount")
    return amount


def amend(dispute: Dispute, owner: str | None, due_at: datetime, agent: str, now: datetime) -> Changed:
    """Give it to somebody else, or another deadline, which is told of once more. Raises IllegalMove and Invalid."""
    require_open(dispute.status)
    is_new = due_at != dispute.due_at
    if is_new and due_at <= now:
        raise Invalid("the deadline has passed already", field="body.due_at")
    changed = replace(
        dispute,
        owner=owner,
        due_at=due_at,
        overdue_at=None if is_new else dispute.overdue_at,
        version=dispute.version + 1,
    )
    told = DisputeAmended(**common(changed, agent, now), owner=owner, due_at=due_at)
    return Changed(changed, Emission(data=told, time=now))


def add_evidence(dispute: Dispute, evidence: Evidence, agent: str, now: datetime) -> Changed:
    """Raises IllegalMove for a dispute that is closed."""
    require_open(dispute.status)
    changed = replace(dispute, version=dispute.version + 1)
    told = DisputeEvidenceAdded(
        **common(changed, agent, now),
        evidence_id=evidence.id,
        evidence_kind=evidence.kind,
        reference=evidence.reference,
        has_text=evidence.text is not None,
    )
    return Changed(changed, Emission(data=told, time=now))


def run_out(dispute: Dispute, now: datetime) -> Changed | None:
    """That the deadline has passed; None where it has not, was told, or does not count any more."""
    if STATES[dispute.status].is_decided or dispute.status == "closed":
        return None
    if dispute.overdue_at is not None or dispute.due_at > now:
        return None
    changed = replace(dispute, overdue_at=now, version=dispute.version + 1)
    told = DisputeOverdue(**common(changed, None, now), due_at=dispute.due_at)
    return Changed(changed, Emission(data=told, time=now))


def deadline_of(dispute: Dispute) -> datetime | None:
    """When it is to be looked at again; None where nothing is to be told any more."""
    counts = dispute.status != "closed" and not STATES[dispute.status].is_decided
    return dispute.due_at if counts and dispute.overdue_at is None else None


def common(dispute: Dispute, agent: str | None, now: datetime) -> Common:
    return Common(
        dispute_id=dispute.id, party_id=dispute.party_id, recorded_at=now, version=dispute.version, agent=agent
    )


_Telling = Callable[[Common, Dispute, Money | None, bool], Any]
_EVENTS: Mapping[DisputeStatus, _Telling] = MappingProxyType(
    {
        "acknowledged": lambda who, _, __, ___: DisputeAcknowledged(**who),
        "investigating": lambda who, _, __, text: DisputeInvestigated(**who, has_text=text),
        "proposed": lambda who, _, amount, text: DisputeProposed(**who, amount=amount, has_text=text),
        "countered": lambda who, _, amount, text: DisputeCountered(**who, amount=amount, has_text=text),
        "settled": lambda who, _, amount, text: DisputeSettled(**who, amount=amount, has_text=text),
        "credited": lambda who, _, amount, __: DisputeCredited(**who, amount=_paid(amount)),
        "rejected": lambda who, _, __, text: DisputeRejected(**who, has_text=text),
        "closed": lambda who, dispute, _, __: DisputeClosed(**who, outcome=dispute.outcome),
    }
)


def _paid(amount: Money | None) -> Money:
    assert amount is not None  # `amount_of` finds one or refuses
    return amount

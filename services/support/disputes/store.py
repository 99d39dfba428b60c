"""The tables of disputes, a typed function per statement."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.support.disputes.domain.dispute import About, Dispute, Evidence
from services.support.disputes.domain.status import STATES
from services.support.disputes.schemas import DisputeLine, EvidenceView, StepView
from shared.engine.transaction import Transaction
from shared.events.disputes import DisputeCause, DisputeStatus
from shared.events.money import Money
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_LAST_ID = UUID(int=2**128 - 1)


async def add_dispute(tx: Transaction, dispute: Dispute, about: About, at: datetime) -> None:
    await tx.execute(
        SQL["add_dispute"],
        dispute.id,
        dispute.party_id,
        dispute.version,
        dispute.cause,
        *_amount(dispute.amount),
        dispute.owner,
        dispute.due_at,
        about.ticket_id,
        about.agreement_id,
        about.obligation,
        about.origin,
        about.sale_id,
        at,
    )


async def find_same(
    tx: Transaction, parties: Collection[UUID], cause: DisputeCause, about: About
) -> tuple[UUID, DisputeStatus] | None:
    """One of these parties that is not closed, of this cause and about the same."""
    row = await tx.fetchrow(
        SQL["find_same"],
        list(parties),
        cause,
        about.ticket_id,
        about.agreement_id,
        about.obligation,
        about.origin,
        about.sale_id,
    )
    return None if row is None else (row["id"], row["status"])


async def find_party_of_dispute(tx: Transaction, dispute_id: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval(SQL["find_party_of_dispute"], dispute_id)
    return found


async def find_parties_of_disputes(tx: Transaction, ids: Collection[UUID]) -> list[UUID]:
    return [row["party_id"] for row in await tx.fetch(SQL["find_parties_of_disputes"], list(ids))]


async def lock_disputes(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Dispute]:
    """Those that are there; their parties are locked by the caller."""
    return {row["id"]: _dispute(row) for row in await tx.fetch(SQL["lock_disputes"], sorted(ids))}


async def save_dispute(tx: Transaction, dispute: Dispute, now: datetime) -> None:
    """Nothing where a later version is known."""
    await tx.execute(
        SQL["save_dispute"],
        dispute.id,
        dispute.status,
        dispute.version,
        *_amount(dispute.offer),
        dispute.owner,
        dispute.due_at,
        dispute.overdue_at,
        dispute.outcome,
        now,
    )


async def add_step(
    tx: Transaction, dispute: Dispute, agent: str | None, amount: Money | None, text: str | None, at: datetime
) -> None:
    """The step that led to this version of the dispute."""
    await tx.execute(SQL["add_step"], dispute.id, dispute.version, dispute.status, agent, *_amount(amount), text, at)


async def add_evidence(tx: Transaction, dispute_id: UUID, evidence: Evidence, agent: str | None, at: datetime) -> None:
    await tx.execute(
        SQL["add_evidence"], evidence.id, dispute_id, evidence.kind, evidence.reference, evidence.text, agent, at
    )


async def list_disputes(
    tx: Transaction,
    below: UUID | None,
    limit: int,
    parties: Sequence[UUID] | None,
    statuses: Sequence[DisputeStatus] | None,
    owner: str | None,
) -> list[DisputeLine]:
    rows = await tx.fetch(SQL["list_disputes"], below or _LAST_ID, limit, parties, statuses, owner)
    return [_line(row) for row in rows]


async def find_dispute(tx: Transaction, dispute_id: UUID) -> DisputeLine | None:
    row = await tx.fetchrow(SQL["find_dispute"], dispute_id)
    return None if row is None else _line(row)


async def find_steps(tx: Transaction, dispute_id: UUID) -> list[StepView]:
    return [
        StepView(
            version=row["version"],
            status=row["status"],
            agent=row["agent"],
            amount=_money(row["minor"], row["currency"]),
            text=row["body"],
            at=row["stepped_at"],
        )
        for row in await tx.fetch(SQL["find_steps"], dispute_id)
    ]


async def find_evidence(tx: Transaction, dispute_id: UUID) -> list[EvidenceView]:
    return [
        EvidenceView(
            id=row["id"],
            kind=row["kind"],
            reference=row["reference"],
            text=row["body"],
            agent=row["agent"],
            at=row["added_at"],
        )
        for row in await tx.fetch(SQL["find_evidence"], dispute_id)
    ]


async def forget_texts(tx: Transaction, party_id: UUID) -> int:
    """Returns how many steps and pieces of evidence had a text."""
    texts: int = await tx.fetchval(SQL["forget_texts"], party_id)
    return texts


def _dispute(row: Any) -> Dispute:
    return Dispute(
        id=row["id"],
        party_id=row["party_id"],
        status=row["status"],
        version=row["version"],
        cause=row["cause"],
        amount=_money(row["minor"], row["currency"]),
        offer=_money(row["offer_minor"], row["offer_currency"]),
        owner=row["owner"],
        due_at=row["due_at"],
        overdue_at=row["overdue_at"],
        outcome=row["outcome"],
    )


def _line(row: Any) -> DisputeLine:
    values = {name: value for name, value in row.items() if not name.endswith(("minor", "currency"))}
    return DisputeLine(
        **values,
        amount=_money(row["minor"], row["currency"]),
        offer=_money(row["offer_minor"], row["offer_currency"]),
        allowed=list(STATES[row["status"]].moves),
    )


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor=minor, currency=currency)


def _amount(money: Money | None) -> tuple[int | None, str | None]:
    return (None, None) if money is None else (money.minor, money.currency)

"""What is done to disputes. Each command locks the party, then the dispute: events leave in the order of acts."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from services.support.copies import commands as copies
from services.support.disputes import store
from services.support.disputes.domain import dispute as acts
from services.support.disputes.domain.dispute import About, Changed, Dispute, Evidence, Step, deadline_of
from services.support.disputes.domain.history import Told, amount_told, begin, fold
from services.support.disputes.domain.status import STATES
from services.support.disputes.schemas import DisputePatch, DisputeState, DisputeView, NewDispute, NewEvidence
from services.support.settings import Context
from services.support.tickets import commands as tickets
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.disputes import DisputeEvidenceAdded, DisputeRaised
from shared.http.versions import Versions
from shared.ids import new_id

TIMER = "disputes"
"""The timer of deadlines."""
OwnEvent = DisputeRaised | Told


class ForgottenParty(Refused):
    """Nothing new is kept of a party that was erased."""

    status = 409
    reason = "erased"


class AlreadyRaisedError(Refused):
    """What is about one thing for one cause is one dispute; `state` names it."""

    status = 409
    reason = "already_raised"


async def raise_dispute(tx: Transaction, new: NewDispute, agent: str) -> Dispute:
    """Raises Invalid for a party, ticket or agreement that is not known or not theirs, ForgottenParty, and
    AlreadyRaisedError.
    """
    context: Context = tx.context
    family = await _require_known(tx, new)
    if new.party_id in await copies.lock_parties(tx, sorted(family)):
        raise ForgottenParty("the party was erased", field="body.party_id")
    due_at = new.due_at or tx.now + timedelta(days=context.dispute_days)
    dispute = Dispute(new_id(), new.party_id, "raised", 1, new.cause, new.amount, None, new.owner, due_at)
    about = About(new.ticket_id, new.agreement_id, new.obligation, new.origin, new.sale_id)
    if about != About() and (same := await store.find_same(tx, family, new.cause, about)) is not None:
        raise AlreadyRaisedError("this is disputed already", state={"id": str(same[0]), "status": same[1]})
    changed = acts.raise_dispute(dispute, about, agent, tx.now, has_text=new.text is not None)
    await store.add_dispute(tx, dispute, about, tx.now)
    await store.add_step(tx, dispute, agent, changed.amount, new.text, tx.now)
    await _tell(tx, changed)
    return dispute


async def move_dispute(tx: Transaction, dispute_id: UUID, step: Step, versions: Versions) -> Dispute:
    """Take the dispute to another status. Raises NotFound, Stale, IllegalMove and Invalid."""
    dispute, erased = await _lock(tx, dispute_id, versions)
    text = None if erased else step.text
    changed = acts.move(dispute, step, tx.now, has_text=text is not None)
    await store.add_step(tx, changed.dispute, step.agent, changed.amount, text, tx.now)
    return await _save(tx, changed)


async def amend_dispute(
    tx: Transaction, dispute_id: UUID, patch: DisputePatch, agent: str, versions: Versions
) -> Dispute:
    """Another owner or deadline. Raises NotFound, Stale, IllegalMove and Invalid."""
    dispute, _ = await _lock(tx, dispute_id, versions)
    owner = patch.owner if "owner" in patch.model_fields_set else dispute.owner
    return await _save(tx, acts.amend(dispute, owner, patch.due_at or dispute.due_at, agent, tx.now))


async def add_evidence(
    tx: Transaction, dispute_id: UUID, new: NewEvidence, agent: str, versions: Versions
) -> tuple[UUID, Dispute]:
    """The id of the evidence, and the dispute after it. Raises NotFound, Stale and IllegalMove."""
    dispute, erased = await _lock(tx, dispute_id, versions)
    evidence = Evidence(new_id(), new.kind, new.reference, None if erased else new.text)
    changed = await _save(tx, acts.add_evidence(dispute, evidence, agent, tx.now))
    await store.add_evidence(tx, dispute_id, evidence, agent, tx.now)
    return evidence.id, changed


async def lock_parties_of(tx: Transaction, disputes: Collection[UUID]) -> None:
    """Lock the parties of those of these disputes that are known."""
    await copies.lock_parties(tx, await store.find_parties_of_disputes(tx, disputes))


async def tell_overdue(tx: Transaction, due: Sequence[Due]) -> int:
    """Tell of the disputes whose deadline has passed without a decision; how many. Their parties are locked."""
    disputes, told = await store.lock_disputes(tx, [timer.id for timer in due]), 0
    for timer in due:
        changed = acts.run_out(disputes[timer.id], timer.now) if timer.id in disputes else None
        if changed is not None:
            await _save(tx, changed)
            told += 1
    return told


async def take_back(tx: Transaction, event: Event[OwnEvent]) -> None:
    """After a restore, of a dispute whose party is locked: what an event of ours tells of it; texts are lost."""
    context: Context = tx.context
    data, at = event.data, event.data.recorded_at
    if isinstance(data, DisputeRaised):
        dispute, about = begin(data, event.time + timedelta(days=context.dispute_days))
        await store.add_dispute(tx, dispute, about, at)
        await store.add_step(tx, dispute, data.agent, dispute.amount, None, at)
        await keep_deadline(tx, (await store.lock_disputes(tx, [dispute.id]))[dispute.id])
        return
    known = (await store.lock_disputes(tx, [data.dispute_id])).get(data.dispute_id)
    if known is None or known.version >= data.version:
        return
    after = fold(known, data)
    await store.save_dispute(tx, after, at)
    if after.status != known.status:
        await store.add_step(tx, after, data.agent, amount_told(data), None, at)
    if isinstance(data, DisputeEvidenceAdded):
        evidence = Evidence(data.evidence_id, data.evidence_kind, data.reference, None)
        await store.add_evidence(tx, data.dispute_id, evidence, data.agent, at)
    await keep_deadline(tx, after)


async def forget(tx: Transaction, parties: Sequence[UUID]) -> dict[UUID, int]:
    """Drop what was written about disputes of these parties; how many texts there were of each."""
    return {party: await store.forget_texts(tx, party) for party in parties}


async def read_dispute(tx: Transaction, dispute_id: UUID) -> DisputeView:
    """Raises NotFound."""
    line = await store.find_dispute(tx, dispute_id)
    if line is None:
        raise NotFound("no dispute has this id")
    steps, evidence = await store.find_steps(tx, dispute_id), await store.find_evidence(tx, dispute_id)
    return DisputeView(**line.model_dump(), steps=steps, evidence=evidence)


def state_of(dispute: Dispute) -> DisputeState:
    """The dispute as an act answers it."""
    return DisputeState(
        id=dispute.id,
        status=dispute.status,
        version=dispute.version,
        allowed=list(STATES[dispute.status].moves),
        offer=dispute.offer,
        owner=dispute.owner,
        due_at=dispute.due_at,
        outcome=dispute.outcome,
    )


async def _require_known(tx: Transaction, new: NewDispute) -> list[UUID]:
    """All parties that are one with the one who disputes."""
    if await copies.find_party(tx, new.party_id) is None:
        raise Invalid("no party has this id", field="body.party_id")
    family = await copies.find_merged_parties(tx, new.party_id)
    if new.ticket_id is not None and await tickets.find_party_of_ticket(tx, new.ticket_id) not in family:
        raise Invalid("the party has no ticket with this id", field="body.ticket_id")
    if new.agreement_id is not None and await copies.find_party_of_agreement(tx, new.agreement_id) not in family:
        raise Invalid("the party has no agreement with this id", field="body.agreement_id")
    return family


async def _lock(tx: Transaction, dispute_id: UUID, versions: Versions) -> tuple[Dispute, bool]:
    """The dispute under the lock of its party, and whether the party was erased."""
    party_id = await store.find_party_of_dispute(tx, dispute_id)
    if party_id is None:
        raise NotFound("no dispute has this id")
    erased = await copies.lock_party(tx, party_id)
    dispute = (await store.lock_disputes(tx, [dispute_id]))[dispute_id]
    if versions is not None and dispute.version not in versions:
        state = state_of(dispute).model_dump(mode="json")
        raise Stale("the dispute has changed; read it again", field="If-Match", state=state)
    return dispute, erased


async def _save(tx: Transaction, changed: Changed) -> Dispute:
    await store.save_dispute(tx, changed.dispute, changed.emission.time)
    await _tell(tx, changed)
    return changed.dispute


async def _tell(tx: Transaction, changed: Changed) -> None:
    tx.emit([changed.emission])
    await keep_deadline(tx, changed.dispute)


async def keep_deadline(tx: Transaction, dispute: Dispute) -> None:
    """The timer of a dispute as it stands."""
    at = deadline_of(dispute)
    if at is None:
        await tx.clear_timers(TIMER, [dispute.id])
    else:
        await tx.set_timers(TIMER, [(dispute.id, partition_of(str(dispute.party_id)), at)])

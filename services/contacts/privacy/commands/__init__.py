"""Erasures: asked for, approved by a second person, and proved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.contacts.completeness import commands as completeness
from services.contacts.intake import commands as intake
from services.contacts.merges import commands as merges
from services.contacts.moves import commands as moves
from services.contacts.parties.commands import erased, erasing as parties
from services.contacts.parties.commands.aliases import find_family, find_survivors
from services.contacts.privacy import domain, store
from services.contacts.privacy.domain import Decided, Erasure, State
from services.contacts.privacy.schemas import ErasureView
from services.contacts.search import commands as search
from shared.engine.event import Event, Tombstone
from shared.engine.partitions import partition_of
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused
from shared.events.erased import ErasureDeclined, ErasureRequested, Exemption, Ground, PartyErased
from shared.events.parties import PartyDescribed
from shared.http.idempotency import forget_answers
from shared.ids import new_id

TOMBSTONES, DIGESTS = "erasure tombstone", "erased identities"


class Asked(Refused):
    """The erasure of this party waits for its approval; `state` is that erasure."""

    status = 409
    reason = "already_requested"


async def request(tx: Transaction, party_id: UUID, because: str, who: str, ground: Ground | None = None) -> ErasureView:
    """Ask for an erasure. Raises NotFound, Erased, Merged for a party that goes on as another, and Asked where one
    waits.
    """
    await erased.require(tx, party_id)
    await _require_itself(tx, party_id, "body.party_id")
    asked = Erasure(new_id(), party_id, [party_id], "requested", because, who, tx.now, None, None, {}, 0, 0, None)
    asked = replace(asked, ground=ground)
    if not await store.add_erasure(tx, asked):
        waiting = await store.find_open(tx, party_id)
        assert waiting is not None  # it kept this one out
        raise Asked(
            "an erasure of this party waits for approval", state=(await load(tx, waiting)).model_dump(mode="json")
        )
    tx.emit([domain.announce_request(asked)])
    return await load(tx, asked.id)


async def approve(tx: Transaction, erasure_id: UUID, who: str) -> ErasureView:
    """Erase: all or nothing of it stands with this transaction. Raises NotFound, Decided, SamePerson, Merged
    where the party goes on as another by now, and Erased where it is gone.
    """
    asked = await _lock_open(tx, erasure_id)
    domain.require_second(asked, who)
    await erased.require(tx, asked.party_id)
    done = await _forget(tx, _decided(tx, asked, "approved", who))
    await store.decide(tx, done)
    await _set_timers(tx, done, tx.now)
    return await load(tx, asked.id)


async def find_subject(tx: Transaction, party_id: UUID) -> list[UUID]:
    """Under which ids a party is known, for its archive. Raises NotFound and Erased."""
    await erased.require(tx, party_id)
    return await find_family(tx, party_id)


async def decline(tx: Transaction, erasure_id: UUID, who: str, exemption: Exemption | None = None) -> ErasureView:
    """It is not to be done. Whoever asked may take it back, and another person refuse it by an exemption. Raises
    NotFound, Decided, and SamePerson for a refusal by the one who asked.
    """
    asked = await _lock_open(tx, erasure_id)
    if exemption is not None:
        domain.require_second(asked, who)
    declined = replace(_decided(tx, asked, "declined", who), exemption=exemption)
    await store.decide(tx, declined)
    tx.emit([domain.announce_declined(declined, tx.now)])
    return await load(tx, asked.id)


async def load(tx: Transaction, erasure_id: UUID) -> ErasureView:
    """The erasure, and once it was approved its certificate. Raises NotFound."""
    erasure = await store.find_erasure(tx, erasure_id)
    if erasure is None:
        raise NotFound("no erasure has this id")
    left = await store.count_left(tx, erasure.party_ids) if erasure.state == "approved" else {}
    return domain.certify(erasure, left, await store.load_confirmations(tx, erasure.party_ids))


def described_of(events: Sequence[Event[PartyDescribed | Tombstone]]) -> list[Event[PartyDescribed]]:
    """Without the null values."""
    return [cast("Event[PartyDescribed]", event) for event in events if not isinstance(event.data, Tombstone)]


async def take_back_removals(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> None:
    """After a restore: parties whose null value was told are erased, whatever becomes of that value on the topic."""
    gone = sorted((event.time, UUID(event.key_text)) for event in events if isinstance(event.data, Tombstone))
    await parties.take_back(tx, {party_id: (0, at) for at, party_id in reversed(gone)})


async def take_back_undone(tx: Transaction, told: Sequence[ErasureRequested | ErasureDeclined]) -> None:
    """After a restore: what was asked for or declined since the backup, in the order in which it was told."""
    for each in told:
        await store.take_back_undone(tx, domain.told_undone(each))


async def take_back(tx: Transaction, told: Sequence[PartyErased]) -> None:
    """After a restore: erasures that were approved since the backup are, and their certificates say what was told."""
    await parties.take_back(tx, {each.party_id: (each.party_version, each.recorded_at) for each in told})
    for each in told:
        known = await store.find_erasure(tx, each.erasure_id)
        erasure = domain.told_erasure(each, known)
        await store.take_back(tx, erasure)
        if known is None or known.state != "approved":
            await _set_timers(tx, erasure, each.recorded_at)


async def empty_taken_back(tx: Transaction) -> None:
    """After a restore, once every topic was read: who they were is forgotten again; the topics know it already."""
    gone = await parties.empty_taken_back(tx)
    await _forget_beside(tx, [party.id for party in gone.parties])


async def write_tombstones_again(tx: Transaction, due: Sequence[Due]) -> None:
    """See `WRITTEN_AGAIN`."""
    for each in due:
        erasure = await store.find_erasure(tx, each.id)
        if erasure is not None:
            tx.emit(domain.remove_description(party_id, each.due_at) for party_id in erasure.party_ids)


async def forget_digests(tx: Transaction, due: Sequence[Due]) -> None:
    """What was remembered of the identities of erased parties."""
    await parties.forget_digests(tx, max(each.due_at for each in due))


async def keep_confirmations(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """What other services say that they have forgotten."""
    if confirmations := domain.confirmations_of(events):
        await store.add_confirmations(tx, confirmations.values())


async def _forget(tx: Transaction, approved: Erasure) -> Erasure:
    gone = await parties.forget(tx, approved.party_id)
    await _require_itself(tx, approved.party_id)  # it is locked by now
    ids = sorted((party.id for party in gone.parties), key=lambda id_: (id_ != approved.party_id, id_))
    done = replace(approved, party_ids=ids, found=dict(gone.rows) | await _forget_beside(tx, ids))
    await completeness.rescore(tx, gone.heirs)
    for party in gone.parties:
        tx.emit(domain.announce_erasure(done, party, tx.now))
    return done


async def _set_timers(tx: Transaction, done: Erasure, at: datetime) -> None:
    partition = partition_of(str(done.party_id))
    await tx.set_timers(TOMBSTONES, [(done.id, partition, at + domain.WRITTEN_AGAIN)])
    await tx.set_timers(DIGESTS, [(done.id, partition, at + parties.REMEMBERED)])


async def _require_itself(tx: Transaction, party_id: UUID, field: str | None = None) -> None:
    """Whoever was merged into another party is shown as that one, which an erasure of the one alone would leave."""
    survivor = (await find_survivors(tx, [party_id])).get(party_id, party_id)
    if survivor != party_id:
        raise merges.Merged(
            "the party goes on as another; ask for that one", field=field, state={"merged_into": str(survivor)}
        )


async def _forget_beside(tx: Transaction, ids: list[UUID]) -> dict[str, int]:
    """What is kept of erased parties beside who they are. Returns how many rows of each table that were."""
    await store.forget_reasons(tx, ids)
    written = await merges.forget(tx, ids) | await moves.forget(tx, ids)
    answers = {"idempotency": await forget_answers(tx, ids)}
    return written | await intake.forget(tx, ids) | await search.forget(tx, ids) | answers


async def _lock_open(tx: Transaction, erasure_id: UUID) -> Erasure:
    await store.lock_erasure(tx, erasure_id)
    asked = await store.find_erasure(tx, erasure_id)
    if asked is None:
        raise NotFound("no erasure has this id")
    if asked.state != "requested":
        raise Decided(f"it was {asked.state}", state=(await load(tx, asked.id)).model_dump(mode="json"))
    return asked


def _decided(tx: Transaction, asked: Erasure, state: State, who: str) -> Erasure:
    return replace(asked, state=state, decided_by=who, decided_at=tx.now)

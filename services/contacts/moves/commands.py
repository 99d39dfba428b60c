"""Moves identities between parties, splits a party, and takes either back."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.contacts.completeness import commands as completeness
from services.contacts.moves import store
from services.contacts.moves.domain import Kind, Move, announce_move, told_moves
from services.contacts.moves.schemas import MoveView
from services.contacts.parties.commands.moving import give_back, move_identities
from shared.engine.event import Emission
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused
from shared.events.contacts import IdentityMoved, PartySplit
from shared.http.versions import Versions
from shared.ids import new_id


class Undone(Refused):
    """It was taken back before; `state` is the move as it is."""

    status = 409
    reason = "undone"


async def move(
    tx: Transaction, party_id: UUID, identity_id: UUID, target_id: UUID, because: str, versions: Versions
) -> MoveView:
    """Give an identity of the party to another. Raises as `move_identities` does."""
    if party_id == target_id:
        raise Invalid("the identity is to go to another party", field="body.to")
    return await _act(tx, "move", [identity_id], party_id, target_id, because, versions=versions)


async def split(
    tx: Transaction, party_id: UUID, identity_ids: Collection[UUID], because: str, versions: Versions
) -> MoveView:
    """Found a party with these identities of another. Raises as `move_identities` does."""
    return await _act(tx, "split", sorted(set(identity_ids)), party_id, None, because, versions=versions)


async def undo(tx: Transaction, move_id: UUID, because: str) -> MoveView:
    """Give the identities back. Raises Undone, and Moved where one has gone on to another party since."""
    done = await store.lock_move(tx, move_id)
    if done is None:
        raise NotFound("no move has this id")
    if done.undone_by is not None:
        raise Undone("the move was taken back before", state=done.model_dump(mode="json"))
    return await _act(tx, done.kind, done.identity_ids, done.to_party_id, done.from_party_id, because, undoes=move_id)


async def forget(tx: Transaction, party_ids: Collection[UUID]) -> dict[str, int]:
    """What people wrote of moves of these parties. Returns how many rows of each table that were."""
    return {"identity_move": await store.forget_reasons(tx, party_ids)}


async def take_back(tx: Transaction, told: Sequence[IdentityMoved | PartySplit]) -> None:
    """After a restore: the moves as they were told, and each identity where its newest move brought it. Why somebody
    did it stood in the database alone.
    """
    moves = [move for each in told for move in told_moves(each)]
    for each in moves:
        await store.take_back_move(tx, each)
    homes = await store.find_homes(tx, {identity_id for each in moves for identity_id in each.identity_ids})
    await give_back(tx, homes)


async def _act(
    tx: Transaction,
    kind: Kind,
    identity_ids: list[UUID],
    source_id: UUID,
    target_id: UUID | None,
    because: str,
    *,
    versions: Versions = None,
    undoes: UUID | None = None,
) -> MoveView:
    both = await move_identities(tx, identity_ids, source_id, target_id, versions)
    done = Move(new_id(), kind, both.source.id, both.target.id, identity_ids, because, tx.now, undoes)
    await store.add_move(tx, done)
    tx.emit(
        Emission(said, tx.now, partition=party.partition)
        for party, said in announce_move(done, both.source, both.target)
    )
    await completeness.rescore(tx, (both.source, both.target))
    stored = await store.load_move(tx, done.id)
    assert stored is not None  # it has just been written
    return stored

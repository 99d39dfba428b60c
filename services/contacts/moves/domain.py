"""What is said of identities that went from one party to another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contacts.parties.domain.party import Party
from shared.events.contacts import IdentityMoved, PartySplit
from shared.ids import time_of

Kind = Literal["move", "split"]


@dataclass(frozen=True, slots=True)
class Move:
    """One act of somebody of the company; `undoes` is the move that it takes back."""

    id: UUID
    kind: Kind
    from_party_id: UUID
    to_party_id: UUID
    identity_ids: list[UUID]
    because: str
    moved_at: datetime
    undoes: UUID | None = None


REASON_LOST = "taken back after a restore, without the reason"


def told_moves(told: IdentityMoved | PartySplit) -> Iterator[Move]:
    """What a record says of a move, and before it, as far as it tells, of the one that it undoes."""
    kind: Kind = "split" if isinstance(told, PartySplit) else "move"
    ids = told.identity_ids if isinstance(told, PartySplit) else [told.identity_id]
    source, target = told.from_party_id, told.to_party_id
    if told.undoes is not None:
        yield Move(told.undoes, kind, target, source, ids, REASON_LOST, time_of(told.undoes))
    yield Move(told.move_id, kind, source, target, ids, REASON_LOST, told.recorded_at, told.undoes)


def announce_move(move: Move, source: Party, target: Party) -> Iterator[tuple[Party, IdentityMoved | PartySplit]]:
    """A record for each of the two parties, for a move one of each identity."""
    for party in (source, target):
        if move.kind == "split":
            yield (
                party,
                PartySplit(
                    party_id=party.id,
                    party_version=party.version,
                    move_id=move.id,
                    identity_ids=move.identity_ids,
                    from_party_id=source.id,
                    to_party_id=target.id,
                    recorded_at=move.moved_at,
                    undoes=move.undoes,
                ),
            )
        else:
            for identity_id in move.identity_ids:
                yield (
                    party,
                    IdentityMoved(
                        party_id=party.id,
                        party_version=party.version,
                        move_id=move.id,
                        identity_id=identity_id,
                        from_party_id=source.id,
                        to_party_id=target.id,
                        recorded_at=move.moved_at,
                        undoes=move.undoes,
                    ),
                )

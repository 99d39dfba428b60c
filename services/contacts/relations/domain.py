"""What parties are to each other: dated, never to themselves, and never in a circle."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.contacts.parties.domain.party import Party
from services.contacts.relations.schemas import RelationView
from shared.events.contacts import RelationAdded, RelationEnded
from shared.events.values import RelationKind


@dataclass(frozen=True, slots=True)
class Relation:
    """`from_party_id` is this to `to_party_id`, from `since` (None: not known) to `ended_on`."""

    id: UUID
    kind: RelationKind
    from_party_id: UUID
    to_party_id: UUID
    since: date | None
    ended_on: date | None
    recorded_at: datetime


def view(relation: Relation, survivors: Mapping[UUID, UUID]) -> RelationView:
    """With the parties that both ends go on as."""
    one, other = relation.from_party_id, relation.to_party_id
    return RelationView(
        id=relation.id,
        kind=relation.kind,
        from_party_id=one,
        to_party_id=other,
        from_now=survivors.get(one, one),
        to_now=survivors.get(other, other),
        since=relation.since,
        ended_on=relation.ended_on,
    )


def announce_added(
    relation: Relation, parties: Iterable[Party], origin: str | None
) -> Iterator[tuple[Party, RelationAdded]]:
    """A record for each of the two."""
    for party in parties:
        yield party, RelationAdded(**_said(relation, party), recorded_at=relation.recorded_at, origin=origin)


def announce_ended(
    relation: Relation, parties: Iterable[Party], now: datetime
) -> Iterator[tuple[Party, RelationEnded]]:
    """A record for each of the two."""
    assert relation.ended_on is not None  # it has just been ended
    for party in parties:
        yield (
            party,
            RelationEnded(**_said(relation, party), recorded_at=now, ended_on=relation.ended_on.isoformat()),
        )


def told(data: RelationAdded | RelationEnded) -> Relation:
    """The relation as an event of it has it."""
    ended_on = date.fromisoformat(data.ended_on) if isinstance(data, RelationEnded) else None
    since = date.fromisoformat(data.since) if data.since else None
    return Relation(
        data.relation_id, data.relation, data.from_party_id, data.to_party_id, since, ended_on, data.recorded_at
    )


def _said(relation: Relation, party: Party) -> dict[str, Any]:
    return {
        "party_id": party.id,
        "party_version": party.version,
        "relation_id": relation.id,
        "relation": relation.kind,
        "from_party_id": relation.from_party_id,
        "to_party_id": relation.to_party_id,
        "since": relation.since.isoformat() if relation.since else None,
    }

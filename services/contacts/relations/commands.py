"""Relates parties to each other, and ends what relates them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal
from uuid import UUID

from services.contacts.intake.commands.facts import Related
from services.contacts.parties import commands as parties
from services.contacts.parties.commands.aliases import find_family, find_survivors
from services.contacts.relations import domain, store
from services.contacts.relations.domain import Relation
from services.contacts.relations.schemas import RelationBody, RelationView
from shared.engine.event import Emission, Event, caused_id
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, Invalid, NotFound, Refused
from shared.events.contacts import RelationAdded, RelationEnded
from shared.events.values import RelationKind
from shared.ids import new_id

Obstacle = Literal["self_relation", "relation_cycle", "relation_reach"]
_WHY: dict[Obstacle, str] = {
    "self_relation": "a party has no relation with itself",
    "relation_cycle": "this would close a circle of such relations",
    "relation_reach": "so many parties follow by such relations that a circle cannot be ruled out",
}
_FARTHEST = 10_000
"""So many parties are looked at for a circle: nobody else adds a relation of the kind meanwhile."""


class Known(Refused):
    """The relation holds already; `state` is that relation."""

    status = 409
    reason = "related"


class Ended(Refused):
    """It was ended before; `state` is the relation as it is."""

    status = 409
    reason = "ended"


async def keep(tx: Transaction, told: Sequence[Related]) -> None:
    """What profiles tell of relations, once the parties are saved; one that holds already is no news. Raises BadRecord
    for a relation with oneself, and for one that closes a circle or may do so.
    """
    for each in told:
        if each.one.erased_at is not None or each.other.erased_at is not None:
            continue
        one, other = await find_family(tx, each.one.id), await find_family(tx, each.other.id)
        await store.reserve(tx, each.kind)
        if await store.find_standing(tx, one, each.kind, other):
            continue
        obstacle = await _obstacle(tx, each.kind, one, other)
        if obstacle is not None:
            raise BadRecord(obstacle, _WHY[obstacle], field=f"party.relations.{each.place}.party")
        since = date.fromisoformat(each.since) if each.since else None
        id_ = caused_id(each.event, "relation", each.place)
        relation = Relation(id_, each.kind, each.one.id, each.other.id, since, None, each.event.now)
        # After a restore a profile comes again whose relation has ended since.
        if not await store.add_relation(tx, relation):
            continue
        tx.emit(
            Emission(said, each.event.time, each.event, partition=party.partition)
            for party, said in domain.announce_added(relation, (each.one, each.other), each.event.source)
        )


async def add(tx: Transaction, party_id: UUID, body: RelationBody) -> RelationView:
    """Relate the party to another. Raises NotFound, Invalid for a relation with itself and for one that closes a
    circle or may do so, and Known.
    """
    known = await parties.lock_parties(tx, {party_id, body.to})
    for id_, field in ((party_id, None), (body.to, "body.to")):
        if id_ not in known:
            raise NotFound("no party has this id", field=field)
    one, other = await find_family(tx, party_id), await find_family(tx, body.to)
    await store.reserve(tx, body.kind)
    if standing := await store.find_standing(tx, one, body.kind, other):
        raise Known("this relation holds already", state=(await _view(tx, standing)).model_dump(mode="json"))
    obstacle = await _obstacle(tx, body.kind, one, other)
    if obstacle is not None:
        raise Invalid(_WHY[obstacle], field="body.to")
    since = date.fromisoformat(body.since) if body.since else None
    relation = Relation(new_id(), body.kind, party_id, body.to, since, None, tx.now)
    await store.add_relation(tx, relation)
    tx.emit(
        Emission(said, tx.now, partition=party.partition)
        for party, said in domain.announce_added(relation, (known[party_id], known[body.to]), None)
    )
    return await _view(tx, relation)


async def end(tx: Transaction, relation_id: UUID, on: str | None) -> RelationView:
    """Raises NotFound, Ended, and Invalid for a day before it began or after today."""
    stored = await store.load_relation(tx, relation_id)
    if stored is None:
        raise NotFound("no relation has this id")
    known = await parties.lock_with_erased(tx, {stored.from_party_id, stored.to_party_id})
    relation = await store.lock_relation(tx, relation_id)
    assert relation is not None  # none is ever removed
    if relation.ended_on is not None:
        raise Ended("the relation was ended before", state=(await _view(tx, relation)).model_dump(mode="json"))
    day = date.fromisoformat(on) if on else tx.now.date()
    if day > tx.now.date() or (relation.since is not None and day < relation.since):
        raise Invalid("a relation ends between the day on which it began and today", field="body.on")
    done = replace(relation, ended_on=day)
    await store.end_relation(tx, relation_id, day)
    tx.emit(
        Emission(said, tx.now, partition=party.partition)
        for party, said in domain.announce_ended(done, known.values(), tx.now)
    )
    return await _view(tx, done)


async def list_views(tx: Transaction, party_id: UUID, after: UUID | None, limit: int) -> list[RelationView] | None:
    """Of a party and those merged into it; None where there is no such party."""
    family = await find_family(tx, party_id)
    if not family:
        return None
    found = await store.list_relations(tx, family, after, limit)
    ends = {id_ for each in found for id_ in (each.from_party_id, each.to_party_id)}
    survivors = await find_survivors(tx, ends)
    return [domain.view(each, survivors) for each in found]


async def take_back(tx: Transaction, events: Sequence[Event[RelationAdded | RelationEnded]]) -> None:
    """After a restore: the relations that were told, and which of them ended."""
    for event in events:
        relation = domain.told(event.data)
        await store.add_relation(tx, relation)
        if relation.ended_on is not None:
            await store.end_relation(tx, relation.id, relation.ended_on)


async def _obstacle(
    tx: Transaction, kind: RelationKind, one: Collection[UUID], other: Collection[UUID]
) -> Obstacle | None:
    """Between two parties with all that were merged into them. Walks on from the other, whatever was merged."""
    if set(one) & set(other):
        return "self_relation"
    reached = await store.walk(tx, other, kind, one, _FARTHEST)
    if reached.closes:
        return "relation_cycle"
    return "relation_reach" if reached.is_cut else None


async def _view(tx: Transaction, relation: Relation) -> RelationView:
    return domain.view(relation, await find_survivors(tx, {relation.from_party_id, relation.to_party_id}))

"""Who belongs to a segment, and why."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.marketing.catalogue.domain.condition import holds, named_in
from services.marketing.catalogue.domain.occurrences import Value
from services.marketing.profiles.domain import PartyFacts, resolving
from services.marketing.segments.domain.definition import Definition
from services.marketing.segments.domain.timing import next_change
from shared.engine.event import Emission, Event
from shared.events.campaigns import SegmentEntered, SegmentLeft
from shared.ids import dated_id


@dataclass(frozen=True, slots=True)
class Segment:
    """The newest version of a definition. One that is not `in_force` loses its members; `filled`: all are decided."""

    definition: Definition
    version: int
    in_force: bool
    filled: bool

    @property
    def name(self) -> str:
        return self.definition.name


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a party is in a segment, since when, and by which event that was told; `changes` counts those."""

    segment: str
    party_id: UUID
    is_in: bool
    since: datetime
    version: int
    changes: int
    event_id: UUID


class Change(NamedTuple):
    """A party entered or left a segment; `told`: campaigns may hear of it, since something of the party changed."""

    member: Member
    told: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """A field that the definition names: what is asked of it, what is known, and whether that holds by itself."""

    field: str
    asked: object
    known: list[Value]
    holds: bool


def belongs(definition: Definition, facts: PartyFacts, at: datetime) -> bool:
    """Whether a party is in. Nobody is who was not described yet, is merged into another party, or was erased."""
    party = facts.party
    if party is None or party.merged_into is not None or party.erased_by is not None:
        return False
    return holds(definition.when, resolving({}, facts, at))


def decide(
    segments: Iterable[Segment], facts: PartyFacts, before: Mapping[str, Member], party: UUID, at: datetime
) -> list[Change]:
    """What changes for a party at this time."""
    changes = []
    for segment in segments:
        known = before.get(segment.name)
        was_in = known is not None and known.is_in
        is_in = segment.in_force and belongs(segment.definition, facts, at)
        if is_in != was_in:
            number = known.changes + 1 if known else 1
            id_ = dated_id(int(at.timestamp() * 1000), "segment", segment.name, party, number)
            member = Member(segment.name, party, is_in, at, segment.version, number, id_)
            changes.append(Change(member, segment.filled and segment.in_force))
    return changes


def next_look(segments: Iterable[Segment], facts: PartyFacts, at: datetime) -> datetime | None:
    """When time alone may change what was decided at this time."""
    if facts.party is None or facts.party.merged_into is not None or facts.party.erased_by is not None:
        return None
    times = [next_change(each.definition.when, facts, at) for each in segments if each.in_force]
    return min((each for each in times if each is not None), default=None)


def explain(definition: Definition, facts: PartyFacts, at: datetime) -> list[Reason]:
    resolve = resolving({}, facts, at)
    named = [(name, asked) for _, name, asked in named_in(definition.when)]
    return [Reason(name, asked, list(resolve(name)), holds({name: asked}, resolve)) for name, asked in named]


def announce(change: Change, partition: int, now: datetime) -> Emission:
    return Emission(
        _said(change.member, now, by_definition=not change.told), now, None, change.member.event_id, partition
    )


def event_of(member: Member, partition: int, now: datetime) -> Event[SegmentEntered | SegmentLeft]:
    """What was announced, as campaigns of this service hear it."""
    data = _said(member, now, by_definition=False)
    kind = "entered" if member.is_in else "left"
    return Event(
        str(member.event_id),
        f"crm.segment.{kind}.v1",
        "/marketing",
        member.since,
        now,
        "crm.campaigns",
        partition,
        -1,
        str(member.party_id).encode(),
        str(member.event_id),
        None,
        data,
    )


def _said(member: Member, now: datetime, *, by_definition: bool) -> SegmentEntered | SegmentLeft:
    model = SegmentEntered if member.is_in else SegmentLeft
    return model(
        segment=member.segment,
        segment_version=member.version,
        party_id=member.party_id,
        recorded_at=now,
        by_definition=by_definition,
    )


def asked_by(segments: Iterable[Segment]) -> set[str]:
    return set().union(*(each.definition.asks for each in segments if each.in_force))


def are_asked(segments: Iterable[Segment], changed: Collection[str]) -> bool:
    """Whether what changed may change an answer."""
    return not asked_by(segments).isdisjoint(changed)

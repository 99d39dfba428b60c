"""Keeps who is in which segment.

A party that changed is decided once its timer fires: what changed at once is decided once, and never by two at a time.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.reading import Source
from services.marketing.copies import commands as copies
from services.marketing.copies.domain import described_by
from services.marketing.profiles import commands as profiles
from services.marketing.profiles.domain import PartyFacts
from services.marketing.segments import store
from services.marketing.segments.domain.definition import Definition, read_definition
from services.marketing.segments.domain.membership import (
    Change,
    Segment,
    announce,
    are_asked,
    asked_by,
    belongs,
    decide,
    event_of,
    explain,
    next_look,
)
from services.marketing.segments.schemas import Explanation, SegmentDraft, SegmentReason
from shared.engine.event import Event, Tombstone
from shared.engine.partitions import partition_of
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.campaigns import SegmentEntered, SegmentLeft
from shared.events.parties import PartyDescribed

TIMER = "segments"
CHANGES_TIMER = "segment changes"
HEARD = frozenset({"segment.entered", "segment.left"})
_STEP = 1_000
_MOST_WAITING = 5_000


class OfParty(Protocol):
    """The data of an event of one party."""

    @property
    def party_id(self) -> UUID: ...


async def note_events(tx: Transaction, events: Sequence[Event[OfParty]], changed: Collection[str]) -> None:
    """What these events change of their parties, by the names that conditions have for it. Call it before anything else
    is locked: whoever decides a party holds its timer first too.
    """
    await note_parties(tx, {event.data.party_id: event.now for event in events}, changed)


async def note_parties(tx: Transaction, parties: Mapping[UUID, datetime], changed: Collection[str]) -> None:
    """Something of these parties changed at that time: they are decided anew, if any segment asks for it."""
    if parties and are_asked(await _load_segments(tx), changed):
        await _schedule(tx, parties)


async def note_descriptions(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> None:
    """Parties are about to be described or erased: they, and those that they were merged into, are decided anew.

    Call it before the descriptions are copied.
    """
    await note_changes(tx, {described_by(event): event.now for event in events})


async def note_changes(tx: Transaction, times: Mapping[UUID, datetime]) -> None:
    """The same, by party, with the time at which it is about to be described or erased."""
    if not await _load_segments(tx):
        return
    known = await copies.load_parties(tx, times)
    former = {each.merged_into: times[each.id] for each in known.values() if each.merged_into is not None}
    await _schedule(tx, {**former, **times})


async def _load_segments(tx: Transaction) -> list[Segment]:
    """As they stand until the end of the transaction."""
    await store.share_segments(tx)
    return await store.load_segments(tx)


async def _schedule(tx: Transaction, parties: Mapping[UUID, datetime]) -> None:
    await tx.set_timers(TIMER, [(party, partition_of(str(party)), at) for party, at in sorted(parties.items())])


async def decide_due(tx: Transaction, due: Sequence[Due]) -> int:
    """Who of these parties enters or leaves what; how many changes that were."""
    segments = await _load_segments(tx)
    if not segments:
        return 0
    facts = await profiles.load_facts(tx, [timer.id for timer in due], asked_by(segments) | {"kind"})
    before, survivors = await store.load_members(tx, facts), await _find_survivors(tx, facts)
    changes: list[tuple[Change, int]] = []
    again: dict[UUID, datetime] = {}
    for timer in due:
        known, mine = facts[timer.id], before.get(timer.id, {})
        # Never before what was decided last: a timer may have been set by a fact that was dated back.
        at = max([timer.due_at, *(member.since for member in mine.values())])
        changes += [(each, timer.partition) for each in decide(segments, known, mine, timer.id, at)]
        if (look := next_look(segments, known, at)) is not None:
            again[timer.id] = look
        if timer.id in survivors:
            again.setdefault(survivors[timer.id], at)
    await _save(tx, changes, due)
    await _schedule(tx, again)
    return len(changes)


async def _save(tx: Transaction, changes: Sequence[tuple[Change, int]], due: Sequence[Due]) -> None:
    await store.save_members(tx, [change.member for change, _ in changes])
    sizes: Counter[tuple[str, int]] = Counter()
    for change, partition in changes:
        sizes[change.member.segment, partition] += 1 if change.member.is_in else -1
    await store.resize(tx, sizes)
    now = {timer.id: max(timer.now, timer.due_at) for timer in due}
    tx.emit(announce(change, partition, now[change.member.party_id]) for change, partition in changes)
    told = [(change.member, partition) for change, partition in changes if change.told]
    if told and any(HEARD & campaign.definition.hears for campaign in await catalogue.load_campaigns(tx)):
        await store.add_changes(tx, told)
        await tx.set_timers(CHANGES_TIMER, sorted((member.event_id, place, member.since) for member, place in told))


async def take_changes(tx: Transaction, due: Sequence[Due]) -> list[Event[SegmentEntered | SegmentLeft]]:
    """What campaigns hear now, in the order in which it happened."""
    now = {timer.id: timer.now for timer in due}
    taken = await store.take_changes(tx, now)
    return [event_of(member, partition, now[member.event_id]) for member, partition in taken]


async def load_memberships(tx: Transaction, facts: Mapping[UUID, PartyFacts]) -> dict[UUID, frozenset[str]]:
    """The segments of these parties, or of those that they were merged into."""
    survivors = await _find_survivors(tx, facts)
    found = await store.load_memberships(tx, {*survivors.values(), *facts})
    return {party: frozenset(found.get(survivors.get(party, party), ())) for party in facts}


async def _find_survivors(tx: Transaction, facts: Mapping[UUID, PartyFacts]) -> dict[UUID, UUID]:
    """Of those of these parties that were merged into others."""
    parties = ((id_, known.party) for id_, known in facts.items())
    return await copies.find_survivors(tx, [id_ for id_, party in parties if party and party.merged_into is not None])


def read_draft(draft: SegmentDraft) -> Definition:
    return catalogue.read_given(read_definition, Source(draft.file, draft.text, {}))


async def publish_files(tx: Transaction, definitions: Sequence[Definition]) -> list[str]:
    """A new version for each definition whose file changed; a segment of the files that is no longer given is stopped.

    What was published or stopped over HTTP since then stands. Returns the names that changed.
    """
    await store.lock_segments(tx)
    published, of_files = await store.load_digests(tx), await store.load_file_digests(tx)
    changed = [each for each in definitions if of_files.get(each.name) != each.digest()]
    given = {each.name for each in definitions}
    gone = [each for each in published.values() if each.source == "files" and each.in_force and each.name not in given]
    for definition in changed:
        before = published.get(definition.name)
        await store.add_segment(tx, definition, before.version + 1 if before else 1, "files")
    for each in gone:
        await store.stop_segment(tx, each.name, each.version)
    return [each.name for each in changed] + [each.name for each in gone]


async def publish(tx: Transaction, definition: Definition) -> tuple[int, bool]:
    """The version that is in force now, and whether it is a new one."""
    await store.lock_segments(tx)
    before = (await store.load_digests(tx)).get(definition.name)
    if before is not None and before.in_force and before.definition_hash == definition.digest():
        return before.version, False
    version = before.version + 1 if before else 1
    await store.add_segment(tx, definition, version, "http")
    return version, True


async def stop(tx: Transaction, name: str) -> bool:
    """Its members leave; False where it was stopped before. Raises NotFound where there never was one."""
    await store.lock_segments(tx)
    before = (await store.load_digests(tx)).get(name)
    if before is None:
        raise NotFound("no segment has this name")
    if before.in_force:
        await store.stop_segment(tx, name, before.version)
    return before.in_force


async def fill_step(tx: Transaction) -> bool:
    """Has the next parties of a new, changed or stopped definition decided; False where there was nothing to do now.

    Killed before its commit it is done again from where it was.
    """
    await store.share_segments(tx)
    filling = await store.take_filling(tx)
    if filling is None:
        return False
    if filling.scheduled_at is None:
        filling = replace(filling, parties=await store.count_parties(tx, filling), scheduled_at=tx.now)
    assert filling.scheduled_at is not None
    if await store.count_waiting(tx, max(tx.now, filling.scheduled_at), _MOST_WAITING) >= _MOST_WAITING:
        return False
    parties = await store.next_parties(tx, filling, _STEP)
    if parties:
        done = filling.scheduled + len(parties)
        at = max(tx.now, filling.scheduled_at)
        await _schedule(tx, dict.fromkeys(parties, at))
        await store.save_filling(tx, replace(filling, scheduled=done, scheduled_to=parties[-1], scheduled_at=at), None)
        return True
    waiting = await store.count_waiting(tx, filling.scheduled_at, 1)
    await store.save_filling(tx, filling, None if waiting else tx.now)
    return not waiting


async def find_size(tx: Transaction, name: str) -> int | None:
    """How many are in; None where no such segment is in force."""
    found = await store.find_segment(tx, name)
    return None if found is None or found.stopped_at is not None else found.members


async def is_filled(tx: Transaction, name: str) -> bool:
    """Whether it is in force, and all parties are decided."""
    found = await store.find_segment(tx, name)
    return found is not None and found.stopped_at is None and found.filled_at is not None


async def explain_party(tx: Transaction, name: str, party: UUID) -> Explanation:
    """Raises NotFound where nobody described the party, or there is no such segment."""
    shown = await store.find_segment(tx, name)
    if shown is None:
        raise NotFound("no segment has this name")
    definition = Definition.model_validate(shown.definition)
    party = (await copies.find_survivors(tx, [party])).get(party, party)
    known = (await copies.load_parties(tx, [party])).get(party)
    if known is None or known.erased_by is not None:
        raise NotFound("no party has this id")
    facts = (await profiles.load_facts(tx, [party], definition.asks | {"kind"}))[party]
    member = (await store.load_members(tx, [party])).get(party, {}).get(name)
    return Explanation(
        segment=name,
        version=shown.version,
        party_id=party,
        is_in=member is not None and member.is_in,
        holds=shown.stopped_at is None and belongs(definition, facts, tx.now),
        since=member.since if member else None,
        event_id=str(member.event_id) if member else None,
        reasons=[
            SegmentReason.model_validate(each, from_attributes=True) for each in explain(definition, facts, tx.now)
        ],
    )

"""Parties that may be the same."""

import math
from collections.abc import Collection, Sequence
from uuid import UUID

from services.contacts.matching import store
from services.contacts.matching.domain.blocking import keys_of
from services.contacts.matching.domain.grouping import are_dense
from services.contacts.matching.domain.model import Model, usual_model
from services.contacts.matching.domain.suspicion import announce_dismissal, announce_suspicion
from services.contacts.matching.domain.traits import RULES, Traits, traits_of
from services.contacts.matching.domain.verdict import HOLDING, POSSIBLE, Likeness, have_other_names, likenesses
from services.contacts.matching.schemas import DuplicateView, ModelView
from services.contacts.matching.store import Taken
from services.contacts.parties import commands as parties
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.domain.resolution import Suspicion
from shared.engine.event import Emission, Event, Tombstone
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, NotFound, Refused
from shared.events.parties import PartyDescribed

_MODELS_SHOWN = 20


class Decided(Refused):
    """The pair was answered before; `state` is the pair as it is."""

    status = 409
    reason = "decided"


async def suspect(tx: Transaction, admitted: Admitted) -> None:
    """Emit each pair of parties that one fact named, once for ever; a record for each of the two."""
    suspicions = admitted.resolution.suspicions
    if not suspicions:
        return
    fresh = await store.add_duplicates(tx, suspicions.values(), admitted.mentions[-1].now)
    for pair in sorted(fresh):
        mention = admitted.mentions[suspicions[pair].fact]
        tx.emit(
            Emission(data, mention.time, mention.cause, None, admitted.parties[data.party_id].partition)
            for data in announce_suspicion(suspicions[pair], mention.now)
        )


async def compare_described(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> None:
    """Look for others like the parties that are described anew, and ask about those that may be one."""
    newest = {event.key_text: event for event in events}
    described = {
        event.data.party_id: (event, event.data) for event in newest.values() if isinstance(event.data, PartyDescribed)
    }
    if erased := [_party_id(event.key_text) for event in newest.values() if isinstance(event.data, Tombstone)]:
        await store.forget_records(tx, erased)
    if not described:
        return
    known = await store.load_records(tx, described)
    records = {party_id: traits_of(data) for party_id, (_, data) in described.items()}
    await store.settle_duplicates(
        tx,
        {party_id: data.merged_into for party_id, (_, data) in described.items() if party_id in known},
        tx.now,
    )
    changed = {party_id: traits for party_id, traits in records.items() if known.get(party_id) != traits}
    if not changed:
        return
    before = changed.keys() & known.keys()
    # Of one that former rules read nobody can tell what is news.
    learnt = {party_id for party_id in before if known[party_id].rules == RULES}
    for pair in await _compare_changed(tx, changed, before, learnt):
        first, other = pair if pair[0] in described else pair[::-1]
        event, _ = described[first]
        _announce(tx, first, other, event)


async def _compare_changed(
    tx: Transaction, changed: dict[UUID, Traits], before: Collection[UUID], learnt: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    """Keep what is compared of these parties, of whom some were compared before, and what it leads to: the pairs that
    are asked about now and were not, the lower id first, sorted. Of those that are not `learnt` the rules are new.
    """
    keys = {party_id: [key.number for key in keys_of(traits)] for party_id, traits in changed.items()}
    await store.save_records(tx, changed, {(key, party_id) for party_id, own in keys.items() for key in own}, before)
    if before:
        await _doubt_merges(tx, before, learnt)
        await _rate(tx, await store.lock_open(tx, before))
    found = await _find_likenesses(tx, changed, keys)
    return sorted(await store.add_likenesses(tx, found, tx.now))


async def read_next(tx: Transaction, limit: int) -> int:
    """Read some parties anew that were read by former rules, and compare them: how many there were. Nothing that was
    found by former rules is left of them, but for what people answered.
    """
    if not await store.has_outdated(tx, RULES):
        return 0
    await store.wait_for_pairs(tx)
    outdated = await store.lock_outdated(tx, RULES, limit)
    described = await parties.describe_all(tx, outdated)
    if gone := [party_id for party_id in outdated if party_id not in described]:
        await store.forget_records(tx, gone)
    if described:
        records = {party_id: traits_of(data) for party_id, data in described.items()}
        for pair in await _compare_changed(tx, records, records.keys(), ()):
            _announce(tx, *(pair if pair[0] in records else pair[::-1]))
    return len(outdated)


async def compare_next(tx: Transaction, limit: int) -> int | None:
    """Compare some parties by weights that they were not compared with yet: how many there were, and None where nothing
    is left to do here. Pairs that were asked about get the new score, and others that are alike by it are asked about.
    """
    run = await store.lock_comparison(tx)
    if run is None:
        return None
    version, reached = run
    await store.wait_for_pairs(tx)
    records = await store.load_after(tx, reached, limit)
    keys = {party_id: [key.number for key in keys_of(traits)] for party_id, traits in records.items()}
    found = await _find_likenesses(tx, records, keys)
    for pair in sorted(await store.add_likenesses(tx, found, tx.now)):
        _announce(tx, *(pair if pair[0] in records else pair[::-1]))
    await store.save_comparison(tx, version, max(records, default=reached), tx.now if len(records) < limit else None)
    return len(records)


def _announce(
    tx: Transaction, first: UUID, other: UUID, cause: Event[PartyDescribed | Tombstone] | None = None
) -> None:
    at, now = (cause.time, cause.now) if cause else (tx.now, tx.now)
    tx.emit(
        Emission(data, at, cause, None, partition_of(str(data.party_id)))
        for data in announce_suspicion(Suspicion(first, other, 0, "likeness"), now)
    )


async def _doubt_merges(tx: Transaction, changed: Collection[UUID], learnt: Collection[UUID]) -> None:
    """Ask about merges of parties that are not alike any more, by new rules about none that people confirmed."""
    pairs = await store.load_merged(tx, changed, learnt)
    if pairs:
        alike = await _compare(tx, pairs)
        await store.save_doubts(tx, {pair: alike.get(pair) for pair in pairs}, tx.now)


async def _compare(
    tx: Transaction, pairs: Sequence[tuple[UUID, UUID]], least: float = POSSIBLE
) -> dict[tuple[UUID, UUID], Likeness]:
    """Of these pairs, the lower id first, those that are alike."""
    records = await store.load_records(tx, {party_id for pair in pairs for party_id in pair})
    return likenesses(await _model(tx), records, [pair for pair in pairs if records.keys() >= set(pair)], least)


async def _rate(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Likeness]:
    """Rate pairs that are asked about, the lower id first, by the rules, the weights and what is known by now. One of
    which either is not compared any more keeps its score, and is certain no more.
    """
    rated = await _compare(tx, pairs, -math.inf) if pairs else {}
    if pairs:
        await store.save_ratings(tx, {pair: rated.get(pair) for pair in pairs})
    return rated


async def take_certain(tx: Transaction) -> Taken | None:
    """The likeliest pair that was certainly one when it was rated, nobody else's until the transaction ends."""
    return await store.take_certain(tx)


async def rate_taken(tx: Transaction, pair: Taken) -> Taken | None:
    """A pair that was taken, with the reasons of by now; None where it is certain no more by the rules, the weights and
    what is known.
    """
    rated = (await _rate(tx, [pair.party_ids])).get(pair.party_ids)
    return pair._replace(reasons=rated.reasons) if rated and rated.certain else None


async def were_dismissed(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> bool:
    """Whether people said of any of these pairs, the lower id first, that they are two."""
    return await store.were_dismissed(tx, pairs)


async def hold_together(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> bool:
    """Whether enough of the pairs across two groups, the lower id first, speak for one person, and no given name
    against it.
    """
    if have_other_names(await store.load_records(tx, {party_id for pair in pairs for party_id in pair}), pairs):
        return False
    alike = await _compare(tx, pairs)
    return are_dense(sum(each.bits >= HOLDING for each in alike.values()), len(pairs))


async def answer_by_merge(tx: Transaction, duplicate_id: UUID, merged_id: UUID) -> None:
    """A pair that was taken is one; `merged_id` goes on as another."""
    await store.answer_by_merge(tx, duplicate_id, merged_id, tx.now)


async def leave_to_people(tx: Transaction, duplicate_id: UUID, because: str) -> None:
    """A pair that was taken is not merged unasked, as long as nothing more is learnt of the two."""
    await store.leave_to_people(tx, duplicate_id, because)


async def _find_likenesses(
    tx: Transaction, changed: dict[UUID, Traits], keys: dict[UUID, list[int]]
) -> dict[tuple[UUID, UUID], Likeness]:
    """By pair, the lower id first, how likely two parties are one, where that is worth a question."""
    party_ids = list(changed)
    candidates = await store.find_candidates(
        tx, [(place, key) for place, party_id in enumerate(party_ids) for key in keys[party_id]]
    )
    records: dict[UUID, Traits] = dict(changed)
    pairs = set()
    for place, others in candidates.items():
        for other_id, traits in others.items():
            records.setdefault(other_id, traits)
            low, high = sorted((party_ids[place], other_id))
            if low != high:
                pairs.add((low, high))
    return likenesses(await _model(tx), records, sorted(pairs)) if pairs else {}


async def _model(tx: Transaction) -> Model:
    return await store.load_model(tx) or usual_model()


async def list_models(tx: Transaction) -> list[ModelView]:
    """The newest first; what is known before any were learnt, where none were."""
    return await store.list_models(tx, _MODELS_SHOWN) or [store.view_of(usual_model(), 0, None, None)]


async def dismiss(tx: Transaction, duplicate_id: UUID, because: str) -> DuplicateView:
    """Remember for ever that the two are two. Raises NotFound, and Decided where the pair was answered before."""
    done = await store.dismiss_duplicate(tx, duplicate_id, tx.now, because)
    if done is None:
        known = await store.load_duplicate(tx, duplicate_id)
        if known is None:
            raise NotFound("no suspicion has this id")
        raise Decided("the suspicion was answered before", state=known.model_dump(mode="json"))
    tx.emit(
        Emission(data, tx.now, partition=partition_of(str(data.party_id)))
        for data in announce_dismissal(done.party_ids, tx.now)
    )
    return done


async def confirm(tx: Transaction, duplicate_id: UUID, because: str) -> DuplicateView:
    """Let a doubted merge stand. Raises NotFound, and Decided where nothing speaks against it."""
    done = await store.end_doubt(tx, duplicate_id, because)
    if done is not None:
        return done
    known = await store.load_duplicate(tx, duplicate_id)
    if known is None:
        raise NotFound("no suspicion has this id")
    raise Decided("nothing speaks against a merge of the two", state=known.model_dump(mode="json"))


def _party_id(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError:
        raise BadRecord("key", "the key of a tombstone on crm.parties is a party's id") from None

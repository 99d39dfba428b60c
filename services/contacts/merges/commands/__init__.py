"""Says that two parties are one, and takes it back: an alias, under which nothing of either is changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.contacts.completeness import commands as completeness
from services.contacts.matching.domain.traits import RULES
from services.contacts.merges import domain, store
from services.contacts.merges.domain import Merge
from services.contacts.merges.schemas import Ambiguous
from services.contacts.parties import commands as parties
from services.contacts.parties.commands import erased
from services.contacts.parties.commands.aliases import describe_anew, find_shared_between, lock_family
from services.contacts.parties.domain.party import Party, Pick
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.contacts import PartyMerged, PartyUnmerged
from shared.events.parties import PartyDescribed
from shared.http.versions import Versions
from shared.ids import new_id


class Merged(Refused):
    """One of the two goes on as another party already; `state` says as which."""

    status = 409
    reason = "merged"


class Undone(Refused):
    """It was taken back before."""

    status = 409
    reason = "undone"


@dataclass(frozen=True, slots=True)
class Request:
    """Why, which fields of the other are shown, and whether people of the company asked for it."""

    because: str
    fields: Collection[str] = ()
    automatic: bool = False
    dry_run: bool = False
    versions: Versions = None


async def merge(tx: Transaction, into_id: UUID, other_id: UUID, request: Request) -> tuple[Merge, PartyDescribed]:
    """Merge the other party into this one; the merge, and the survivor as it is described then.

    Raises NotFound, Invalid for a party and itself, Merged where one of them is not itself any more, which every cycle
    would be, and Stale.
    """
    if into_id == other_id:
        raise Invalid("a party is one with itself", field="body.other")
    known = await parties.lock_parties(tx, [into_id, other_id])
    survivor, other = _standing(known.get(into_id), ""), _standing(known.get(other_id), "body.other")
    if request.versions is not None and survivor.version not in request.versions:
        raise Stale("the party has changed; read it again", field="If-Match", state={"version": survivor.version})
    done = Merge(new_id(), into_id, other_id, request.because, request.automatic, [], tx.now)
    added = domain.pick(done.id, tx.now, survivor, other, request.fields)
    done.fields.extend(sorted(domain.changed_fields(added)))
    if request.dry_run:
        return done, await parties.describe_stored(tx, domain.merged(survivor, added))
    survivor.picked, other.merged_into = [*survivor.picked, added], survivor.id
    description = await describe_anew(tx, [(survivor, done.fields), (other, ["merged_into"])])
    await store.add_merge(tx, done, RULES if request.automatic else 0)
    tx.emit(
        Emission(said, tx.now, partition=party.partition)
        for party, said in domain.announce_merge(done, (survivor, other))
    )
    await completeness.rescore(tx, (survivor, other))
    return done, description


def _standing(party: Party | None, field: str) -> Party:
    if party is None or party.erased_at is not None:
        raise NotFound("no party has this id", field=field or None)
    if party.merged_into is not None:
        raise Merged("the party goes on as another", field=field or None, state={"merged_into": str(party.merged_into)})
    return party


async def undo(tx: Transaction, merge_id: UUID, because: str) -> tuple[Merge, list[Ambiguous]]:
    """Let both be themselves again, whatever came meanwhile; and what of that may be of either.

    Raises NotFound, Undone where it was taken back before, and Erased where they are forgotten.
    """
    done = await store.lock_merge(tx, merge_id)
    if done is None:
        raise NotFound("no merge has this id")
    if done.undone_at is not None:
        raise Undone("the merge was taken back before")
    for party_id in (done.into_party_id, done.merged_party_id):
        await erased.require(tx, party_id)
    family = {party.id: party for party in await lock_family(tx, done.into_party_id)}
    survivor, other = family[done.into_party_id], family[done.merged_party_id]
    gone = [each for each in survivor.picked if each.merge_id == merge_id]
    survivor.picked = [each for each in survivor.picked if each.merge_id != merge_id]
    other.merged_into = None
    above = [each for pick in gone for each in await _show_without(tx, family, survivor, pick)]
    await describe_anew(tx, [(survivor, done.fields), (other, ["merged_into"]), *above])
    await store.save_undo(tx, merge_id, tx.now, because)
    both = (survivor, other)
    tx.emit(
        Emission(said, tx.now, partition=party.partition) for party, said in domain.announce_undo(done, both, tx.now)
    )
    await completeness.rescore(tx, (*both, *(party for party, _ in above)))
    shared = await find_shared_between(tx, survivor.id, other.id)
    ambiguous = [Ambiguous(what="identity", name=str(each)) for each in shared]
    # Of a merge that was taken back from the topic it is told which fields it changed, and not what they had been.
    unsure = {*domain.stated_since(survivor, done.merged_at), *(() if done.because else done.fields)}
    ambiguous += [Ambiguous(what="field", name=each) for each in sorted(unsure)]
    stored = await store.load_merge(tx, merge_id)
    assert stored is not None  # it has just been written
    return stored, ambiguous


async def _show_without(
    tx: Transaction, family: Mapping[UUID, Party], below: Party, gone: Pick
) -> list[tuple[Party, set[str]]]:
    """Those that a party goes on as show nothing any more of one that is separated from it; which of them changed, and
    in which fields.
    """
    changed = []
    while below.merged_into is not None and domain.changed_fields(gone):
        above, merge_id = family[below.merged_into], await store.find_standing(tx, below.id)
        before = next((each for each in above.picked if each.merge_id == merge_id), None)
        if before is None:
            break
        after = domain.without(before, gone, below)
        gone, below = domain.difference(before, after), above
        above.picked = [after if each is before else each for each in above.picked]
        changed.append((above, domain.changed_fields(gone)))
    return [each for each in changed if each[1]]


async def forget(tx: Transaction, party_ids: Sequence[UUID]) -> dict[str, int]:
    """What people wrote of merges of these parties. Returns how many rows of each table that were."""
    return {"party_merge": await store.forget_reasons(tx, party_ids)}


async def take_back(tx: Transaction, events: Sequence[Event[PartyMerged | PartyUnmerged]]) -> None:
    """After a restore: the merges that were told, so that they can be undone; why is not told."""
    for event in events:
        data = event.data
        if isinstance(data, PartyMerged):
            told = Merge(
                data.merge_id,
                data.into_party_id,
                data.merged_party_id,
                "",
                data.automatic,
                data.fields,
                data.recorded_at,
            )
            await store.add_merge(tx, told)
        else:
            await store.save_undo(tx, data.merge_id, data.recorded_at, "")

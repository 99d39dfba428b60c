"""What a party shows of another that is merged into it, and what is said of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.contacts.parties.domain.details import fits, shown_details, told
from services.contacts.parties.domain.identity import Claim
from services.contacts.parties.domain.party import FIELDS, Party, Pick, Picked, shown, shown_roles
from shared.events.contacts import PartyMerged, PartyUnmerged


@dataclass(frozen=True, slots=True)
class Merge:
    """Two parties that were found to be one."""

    id: UUID
    into_party_id: UUID
    merged_party_id: UUID
    because: str
    automatic: bool
    fields: list[str]
    merged_at: datetime
    undone_at: datetime | None = None
    undone_because: str | None = None


def pick(merge_id: UUID, at: datetime, survivor: Party, other: Party, chosen: Collection[str]) -> Pick:
    """What the survivor shows of the other from now on: what was chosen, and what it does not say itself."""
    values = {
        name: value
        for name in FIELDS
        if (value := shown(other, name)) is not None and (name in chosen or shown(survivor, name) is None)
    }
    roles = [role for role in shown_roles(other) if role not in survivor.roles]
    known = dict(shown_details(survivor))
    details: dict[str, Any] = {}
    for name, value in shown_details(other).items():
        if name not in known and fits(name, known):
            details[name] = known[name] = value
    picked = [name for name in FIELDS if name in chosen and name in values]
    return Pick(merge_id, at, cast("Picked", values), picked, roles, details)


def without(picked: Pick, gone: Pick, below: Party) -> Pick:
    """What was picked of a party, once another that it had shown, as `gone` says, is separated from it: what came of
    that one is as the party `below` has it by itself now.
    """
    own = {name: value for name in FIELDS if (value := shown(below, name)) is not None}
    return picked._replace(
        values=cast("Picked", _without(picked.values, gone.values, own)),
        roles=[role for role in picked.roles if role not in gone.roles or role in shown_roles(below)],
        details=_without(picked.details, gone.details, shown_details(below)),
    )


def _without(picked: Mapping[str, Any], gone: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    of_gone = {name for name, value in gone.items() if name in picked and picked[name] == value}
    return {
        name: own[name] if name in of_gone else value
        for name, value in picked.items()
        if name not in of_gone or name in own
    }


def difference(before: Pick, after: Pick) -> Pick:
    """What was picked before and is not any more."""
    return before._replace(
        values=cast("Picked", {n: each for n, each in before.values.items() if after.values.get(n) != each}),
        roles=[role for role in before.roles if role not in after.roles],
        details={n: each for n, each in before.details.items() if after.details.get(n) != each},
    )


def merged(survivor: Party, added: Pick) -> Party:
    """The survivor as it would be; the party itself stays as it is."""
    return replace(survivor, picked=[*survivor.picked, added])


def changed_fields(added: Pick) -> set[str]:
    return {*added.values, *(["roles"] if added.roles else []), *map(told, added.details)}


def stated_since(survivor: Party, at: datetime) -> list[str]:
    """The fields that were stated of the survivor while both were one, which may have been meant of the other."""
    return sorted(name for name, said in survivor.said_at.items() if said > at)


def share_no_system(one: Iterable[Collection[Claim]], other: Iterable[Collection[Claim]]) -> bool:
    """Whether no system knows both, each by what all its ids carry, under different customer numbers."""
    ours, theirs = (
        {(each.system, each.value) for claims in side for each in claims if each.type == "external"}
        for side in (one, other)
    )
    return {system for system, _ in ours - theirs}.isdisjoint(system for system, _ in theirs - ours)


def announce_merge(merge: Merge, parties: Collection[Party]) -> Iterator[tuple[Party, PartyMerged]]:
    """A record for each of the two."""
    for party in parties:
        yield party, PartyMerged(**_said(merge, party), recorded_at=merge.merged_at)


def announce_undo(merge: Merge, parties: Collection[Party], now: datetime) -> Iterator[tuple[Party, PartyUnmerged]]:
    """A record for each of the two."""
    for party in parties:
        yield party, PartyUnmerged(**_said(merge, party), recorded_at=now)


def _said(merge: Merge, party: Party) -> dict[str, Any]:
    return {
        "party_id": party.id,
        "party_version": party.version,
        "merge_id": merge.id,
        "into_party_id": merge.into_party_id,
        "merged_party_id": merge.merged_party_id,
        "fields": merge.fields,
        "automatic": merge.automatic,
    }

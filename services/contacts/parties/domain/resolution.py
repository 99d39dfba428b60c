"""Which party each fact of a batch belongs to.

A fact is its strongest known identity's, unless a stronger identity of the same fact contradicts: a party has one
external id per system, and a phone or an anonymous id alone never overrules another e-mail or customer number. Then the
fact founds a party of its own. The identity that both share stays where it is; where it can be written to, it is also
an address of the new party, by which nobody is found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.domain.identity import ADDRESSES, Claim, Home, strength

SEVERAL_PARTIES = "shared_identities"

NewId = Callable[[int, str], UUID]


class Assignment(NamedTuple):
    """The party of a fact, and by which claim it was found; None if the fact makes no claim."""

    party_id: UUID
    claim: Claim | None
    identity_id: UUID | None


class Suspicion(NamedTuple):
    """Two parties that one fact named: the fact of this index went to `party_id`."""

    party_id: UUID
    other_id: UUID
    fact: int
    reason: str


@dataclass(slots=True)
class Resolution:
    """`assigned` has one entry a fact; `added` are the claims that were unknown, `adding` the facts that made them.

    `founded` maps new parties to the fact that founded each, `suspicions` are by pair of parties, the lower id first.
    `shared` are addresses of parties that belong to another party first, with the fact that named each so. `several`
    are parties that get a second address of a type. `without_email` are known parties whose having no e-mail decided.
    """

    assigned: list[Assignment] = field(default_factory=list)
    added: dict[Claim, Home] = field(default_factory=dict)
    adding: set[int] = field(default_factory=set)
    founded: dict[UUID, int] = field(default_factory=dict)
    suspicions: dict[tuple[UUID, UUID], Suspicion] = field(default_factory=dict)
    shared: dict[tuple[UUID, Claim], int] = field(default_factory=dict)
    several: set[tuple[UUID, str]] = field(default_factory=set)
    without_email: set[UUID] = field(default_factory=set)
    homes: dict[Claim, Home] = field(default_factory=dict)

    def parties(self) -> list[UUID]:
        """Every party that a fact was given to or named, founded ones left out, in the order of their locks."""
        named = {each.party_id for each in self.assigned}
        named.update(suspicion.other_id for suspicion in self.suspicions.values())
        return sorted(named - self.founded.keys())


def questioned(facts: Iterable[Sequence[Claim]], known: Mapping[Claim, Home]) -> set[UUID]:
    """The known parties whose other identities decide: those that a fact may add an identity to."""
    found = set()
    for claims in facts:
        homes = [known.get(claim) for claim in claims]
        first = next((home for home in homes if home), None)
        if first and any(home is None or home.party_id != first.party_id for home in homes):
            found.add(first.party_id)
    return found


def resolve(
    facts: Sequence[Sequence[Claim]],
    known: Mapping[Claim, Home],
    owned: Mapping[UUID, AbstractSet[Claim]],
    new_id: NewId,
) -> Resolution:
    """Give each fact, in order, its party. `owned` are the identities of the parties that are `questioned`.

    Claims are sorted, the strongest first. Claims that live elsewhere raise a suspicion, once a pair. `new_id` takes
    the place of a fact and a word for what it founds.
    """
    resolution = Resolution(homes=dict(known))
    carried = {party_id: set(claims) for party_id, claims in owned.items()}
    for index, claims in enumerate(facts):
        _resolve_fact(resolution, carried, index, claims, new_id)
    return resolution


def _resolve_fact(
    resolution: Resolution,
    carried: dict[UUID, set[Claim]],
    index: int,
    claims: Sequence[Claim],
    new_id: NewId,
) -> None:
    homes = resolution.homes
    used = next((claim for claim in claims if claim in homes), None)
    reason = SEVERAL_PARTIES
    if used is not None and used != claims[0]:
        stronger = [claim for claim in claims if strength(claim) < strength(used)]
        party_id = homes[used].party_id
        if _contradicts(stronger, used, carried.get(party_id, set())):
            reason, used = f"shared_{used.type}", None
        elif any(claim.type == "email" for claim in stronger) and party_id not in resolution.founded:
            resolution.without_email.add(party_id)
    if used is None:
        party_id = new_id(index, "party")
        resolution.founded[party_id] = index
        carried[party_id] = set()
    else:
        party_id = homes[used].party_id
    for place, claim in enumerate(claims):
        home = homes.get(claim)
        if home is None and _may_join(claim, carried.get(party_id, set())):
            homes[claim] = resolution.added[claim] = Home(party_id, new_id(index, f"identity {place}"))
            resolution.adding.add(index)
            _carry(resolution, carried, party_id, claim)
        elif home is not None and home.party_id != party_id:
            _suspect(resolution, Suspicion(party_id, home.party_id, index, reason))
            if claim.type in ADDRESSES and claim not in carried.setdefault(party_id, set()):
                resolution.shared[party_id, claim] = index
                _carry(resolution, carried, party_id, claim)
    by = used or next((claim for claim in claims if claim in homes and homes[claim].party_id == party_id), None)
    resolution.assigned.append(Assignment(party_id, by, homes[by].identity_id if by else None))


def _contradicts(stronger: Iterable[Claim], used: Claim, owned: AbstractSet[Claim]) -> bool:
    """Whether a party with the identities `owned` cannot be whom the fact with the `stronger` ones is of."""
    for claim in stronger:
        if claim.type == "external" and not _may_join(claim, owned):
            return True
        if claim.type == "email" and used.type in {"phone", "anonymous"}:
            return any(each.type == "email" and each != claim for each in owned)
    return False


def _may_join(claim: Claim, owned: AbstractSet[Claim]) -> bool:
    return claim.type != "external" or not any(
        each.type == "external" and each.system == claim.system and each != claim for each in owned
    )


def _carry(resolution: Resolution, carried: dict[UUID, set[Claim]], party_id: UUID, claim: Claim) -> None:
    owned = carried.setdefault(party_id, set())
    if claim.type in ADDRESSES and any(each.type == claim.type for each in owned):
        resolution.several.add((party_id, claim.type))
    owned.add(claim)


def _suspect(resolution: Resolution, suspicion: Suspicion) -> None:
    low, high = sorted((suspicion.party_id, suspicion.other_id))
    resolution.suspicions.setdefault((low, high), suspicion)

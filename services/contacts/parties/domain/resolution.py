"""Which party each fact of a batch belongs to.

A fact is its strongest known identity's, unless a stronger identity of the same fact contradicts: a party has one
external id per system; a phone alone never overrules another e-mail, and a device or cookie never anything that a known
party is known by. Then the fact founds a party of its own. The identity that both share stays where it is and is marked
as shared; where it can be written to, it is an address of the new party, by which nobody is found. An identity that
more parties carry than the policy has it names nobody.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.domain.identity import ADDRESSES, Claim, Home
from services.contacts.policy import IdentityPolicy
from shared.errors import NoIdentity

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
    `shared` are identities of parties that belong to another party first, with the fact that named each so. `several`
    are parties that get a second address of a type. `surplus` are claims that their party has no room for, with the
    fact that made each; `many` counts the identities of parties that come near a limit. `by_absence` are known parties
    that a fact was given to because they had no stronger identity.
    """

    assigned: list[Assignment] = field(default_factory=list)
    added: dict[Claim, Home] = field(default_factory=dict)
    adding: set[int] = field(default_factory=set)
    founded: dict[UUID, int] = field(default_factory=dict)
    suspicions: dict[tuple[UUID, UUID], Suspicion] = field(default_factory=dict)
    shared: dict[tuple[UUID, Claim], int] = field(default_factory=dict)
    several: set[tuple[UUID, str]] = field(default_factory=set)
    surplus: dict[tuple[UUID, Claim], int] = field(default_factory=dict)
    many: dict[tuple[UUID, str], int] = field(default_factory=dict)
    by_absence: set[UUID] = field(default_factory=set)
    homes: dict[Claim, Home] = field(default_factory=dict)

    def parties(self) -> list[UUID]:
        """Every party that a fact was given to or named, founded ones left out, in the order of their locks."""
        named = {each.party_id for each in self.assigned}
        named.update(suspicion.other_id for suspicion in self.suspicions.values())
        return sorted(named - self.founded.keys())


def questioned(facts: Iterable[Sequence[Claim]], known: Mapping[Claim, Home]) -> set[UUID]:
    """The known parties whose other identities decide: those that a fact may add an identity to."""
    found: set[UUID] = set()
    for claims in facts:
        homes = [known.get(claim) for claim in claims]
        party_ids = {home.party_id for home in homes if home}
        if len(party_ids) > 1 or None in homes:
            found |= party_ids
    return found


def resolve(
    facts: Sequence[Sequence[Claim]],
    known: Mapping[Claim, Home],
    owned: Mapping[UUID, AbstractSet[Claim]],
    new_id: NewId,
    policy: IdentityPolicy,
    wide: Collection[int] = (),
) -> Resolution:
    """Give each fact, in order, its party. `owned` are the identities of the parties that are `questioned`.

    Claims are sorted, the strongest first. Claims that live elsewhere raise a suspicion, once a pair. `new_id` takes
    the place of a fact and a word for what it founds. Raises NoIdentity for a fact whose identities too many share,
    unless its place is `wide`: then it may be of anybody who carries them.
    """
    resolution = Resolution(homes=dict(known))
    batch = _Batch(resolution, {party_id: set(claims) for party_id, claims in owned.items()}, policy, new_id)
    for place, claims in enumerate(facts):
        batch.resolve(place, claims, wide=place in wide)
    return resolution


@dataclass(slots=True)
class _Batch:
    """`carried` are the identities of parties, as far as they decide; `sharing` counts what this batch shared anew."""

    resolution: Resolution
    carried: dict[UUID, set[Claim]]
    policy: IdentityPolicy
    new_id: NewId
    sharing: Counter[Claim] = field(default_factory=Counter)

    def resolve(self, place: int, claims: Sequence[Claim], *, wide: bool) -> None:
        resolution, homes = self.resolution, self.resolution.homes
        first = homes.get(claims[0]) if claims else None
        if first is not None and not self._is_common(claims[0]) and self._is_all_of(first.party_id, claims):
            resolution.assigned.append(Assignment(first.party_id, claims[0], first.identity_id))
            return
        common = {claim for claim in claims if self._is_common(claim)} if not wide else set()
        if common and len(common) == len(claims):
            raise NoIdentity("too many parties share each of its identities")
        used = next((claim for claim in claims if claim in homes and claim not in common), None)
        reason = SEVERAL_PARTIES
        if used is not None and used != claims[0] and self._contradicts(claims, used):
            reason, used = f"shared_{used.type}", None
        if used is None:
            party_id = self.new_id(place, "party")
            resolution.founded[party_id] = place
            self.carried[party_id] = set()
        else:
            party_id = homes[used].party_id
        for number, claim in enumerate(claims):
            home = homes.get(claim)
            if home is None:
                self._add(place, claim, party_id, number)
            elif home.party_id != party_id:
                if claim.type != "anonymous" and claim not in common:
                    self._suspect(Suspicion(party_id, home.party_id, place, reason))
                self._share(place, claim, party_id)
        by = used or next((claim for claim in claims if claim in homes and homes[claim].party_id == party_id), None)
        resolution.assigned.append(Assignment(party_id, by, homes[by].identity_id if by else None))

    def _is_all_of(self, party_id: UUID, claims: Sequence[Claim]) -> bool:
        """Whether every claim is known and the party's own: the fact says nothing new, as most facts of customers."""
        homes = self.resolution.homes
        return all((home := homes.get(claim)) is not None and home.party_id == party_id for claim in claims)

    def _is_common(self, claim: Claim) -> bool:
        home = self.resolution.homes.get(claim)
        if home is None or claim.type == "party":
            return False
        return 1 + home.sharing + self.sharing[claim] > self.policy.kinds[claim.type].parties

    def _contradicts(self, claims: Sequence[Claim], used: Claim) -> bool:
        """Whether the party of `used` cannot be whom the fact is of; remembers where that it had nothing decided."""
        order, party_id = self.policy.order, self.resolution.homes[used].party_id
        stronger = [claim for claim in claims if order[claim.type] < order[used.type]]
        if contradicts(stronger, used, self.carried.get(party_id, set())):
            return True
        if party_id not in self.resolution.founded and used.type in {"phone", "anonymous"}:
            self.resolution.by_absence.add(party_id)
        return False

    def _add(self, place: int, claim: Claim, party_id: UUID, number: int) -> None:
        if not may_join(claim, self.carried.get(party_id, set()), self.policy):
            self.resolution.surplus.setdefault((party_id, claim), place)
            return
        home = Home(party_id, self.new_id(place, f"identity {number}"))
        self.resolution.homes[claim] = self.resolution.added[claim] = home
        self.resolution.adding.add(place)
        self._carry(party_id, claim)

    def _share(self, place: int, claim: Claim, party_id: UUID) -> None:
        if claim.type in {"party", "external"} or claim in self.carried.setdefault(party_id, set()):
            return
        if not may_join(claim, self.carried[party_id], self.policy):
            self.resolution.surplus.setdefault((party_id, claim), place)
            return
        self.resolution.shared[party_id, claim] = place
        self.sharing[claim] += 1
        self._carry(party_id, claim)

    def _carry(self, party_id: UUID, claim: Claim) -> None:
        owned = self.carried.setdefault(party_id, set())
        owned.add(claim)
        count = sum(each.type == claim.type for each in owned)
        if count > 1 and claim.type in ADDRESSES:
            self.resolution.several.add((party_id, claim.type))
        if self.policy.warns(claim.type, count):
            self.resolution.many[party_id, claim.type] = count

    def _suspect(self, suspicion: Suspicion) -> None:
        low, high = sorted((suspicion.party_id, suspicion.other_id))
        self.resolution.suspicions.setdefault((low, high), suspicion)


def contradicts(stronger: Iterable[Claim], used: Claim, owned: AbstractSet[Claim]) -> bool:
    """Whether a party with the identities `owned` cannot be whom the fact with the `stronger` ones is of."""
    if used.type == "anonymous" and any(each.type != "anonymous" for each in owned):
        return any(True for _ in stronger)
    for claim in stronger:
        if claim.type == "external" and any(_is_rival(each, claim) for each in owned):
            return True
        if claim.type == "email" and used.type == "phone":
            return any(each.type == "email" and each != claim for each in owned)
    return False


def may_join(claim: Claim, owned: AbstractSet[Claim], policy: IdentityPolicy) -> bool:
    """Whether a party with the identities `owned` has room for another one."""
    return sum(_is_rival(each, claim) for each in owned) < policy.kinds[claim.type].most


def _is_rival(one: Claim, other: Claim) -> bool:
    """Whether both count towards one limit: of external ids those of one system."""
    return one != other and one.type == other.type and (one.type != "external" or one.system == other.system)

"""Which party each fact of a batch belongs to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.domain.identity import Claim, Home

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


@dataclass(slots=True)
class Resolution:
    """`assigned` has one entry a fact; `added` are the claims that were unknown, `adding` the facts that made them.

    `founded` maps new parties to the fact that founded each, `suspicions` are by pair of parties, the lower id first.
    """

    assigned: list[Assignment] = field(default_factory=list)
    added: dict[Claim, Home] = field(default_factory=dict)
    adding: set[int] = field(default_factory=set)
    founded: dict[UUID, int] = field(default_factory=dict)
    suspicions: dict[tuple[UUID, UUID], Suspicion] = field(default_factory=dict)

    def parties(self) -> list[UUID]:
        """Every party that a fact was given to or named, founded ones left out, in the order of their locks."""
        named = {each.party_id for each in self.assigned}
        named.update(suspicion.other_id for suspicion in self.suspicions.values())
        return sorted(named - self.founded.keys())


def resolve(facts: Sequence[Sequence[Claim]], known: Mapping[Claim, Home], new_id: NewId) -> Resolution:
    """Give each fact, in order, to the home of its first known claim; unknown claims join that home.

    A fact without a known claim founds a party. Claims that live elsewhere raise a suspicion, once a pair. `new_id`
    takes the place of a fact and a word for what it founds.
    """
    resolution = Resolution()
    homes = dict(known)
    for index, claims in enumerate(facts):
        used = next((claim for claim in claims if claim in homes), None)
        if used is None:
            party_id = new_id(index, "party")
            resolution.founded[party_id] = index
        else:
            party_id = homes[used].party_id
        for place, claim in enumerate(claims):
            home = homes.get(claim)
            if home is None:
                homes[claim] = resolution.added[claim] = Home(party_id, new_id(index, f"identity {place}"))
                resolution.adding.add(index)
            elif home.party_id != party_id:
                _suspect(resolution, party_id, home.party_id, index)
        by = used or (claims[0] if claims else None)
        resolution.assigned.append(Assignment(party_id, by, homes[by].identity_id if by else None))
    return resolution


def _suspect(resolution: Resolution, party_id: UUID, other_id: UUID, index: int) -> None:
    low, high = sorted((party_id, other_id))
    resolution.suspicions.setdefault((low, high), Suspicion(party_id, other_id, index))

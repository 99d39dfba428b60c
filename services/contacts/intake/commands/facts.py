"""The facts of a batch on their way through intake."""

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.contacts.intake.domain.sales import Revised, SaleName, Standing
from services.contacts.parties.commands import lock_party
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.aliases import are_one
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Assignment
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import Conflict
from shared.events.ingest import Reported, ReportedProfile, ReportedSale
from shared.events.values import IdentityUsed, RelationKind


class Fact(NamedTuple):
    """A fact and its place in the batch, its party, how that was found, and the id under which it is published."""

    place: int
    event: Event[Reported]
    party: Party
    assigned: Assignment
    id: UUID

    @property
    def identity(self) -> IdentityUsed:
        assert self.assigned.claim is not None  # a fact without a claim is refused
        return IdentityUsed(type=self.assigned.claim.type, id=str(self.assigned.identity_id))


class Revision(NamedTuple):
    """A revision that holds from now on, the sale as it stood before, and the party of both."""

    event: Event[Revised]
    party: Party
    identity: IdentityUsed
    name: SaleName
    before: Standing


class Related(NamedTuple):
    """What the party of a profile is to another party that it names, and its place among what it names."""

    event: Event[ReportedProfile]
    place: int
    kind: RelationKind
    since: str | None
    one: Party
    other: Party


@dataclass(slots=True)
class Facts:
    """The facts of a batch that are new, in their order, and the parties that all of the batch named.

    `revisions` of sales come behind them, each behind what it revises. `related` are the relations that profiles tell.
    """

    admitted: Admitted
    fresh: list[Fact]
    revisions: list[Revision] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)

    def first_bought(self) -> dict[UUID, int]:
        """By party that had bought nothing, the place of a sale."""
        return {
            fact.party.id: fact.place
            for fact in self.fresh
            if type(fact.event.data) is ReportedSale and fact.party.lifecycle.bought_at is None
        }


async def of_owner(tx: Transaction, fact: Fact, owner_id: UUID) -> Fact:
    """What changes a sale is of the sale's party, also where it names one that was merged with it. Raises Conflict
    where that is somebody else.
    """
    if fact.party.id == owner_id:
        return fact
    if not await are_one(tx, fact.party.id, owner_id):
        raise Conflict("this was sold to another party")
    owner = await lock_party(tx, owner_id)
    assert owner is not None  # parties are never deleted
    return fact._replace(party=owner)

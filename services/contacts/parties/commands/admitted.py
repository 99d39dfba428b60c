"""The parties of mentions on their way through a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain.identity import Claim
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Resolution
from shared.events.parties import KnownIdentity


class Granted(NamedTuple):
    """A role that the mention at this place gave to its party."""

    place: int
    party_id: UUID
    role: str


class Carrier(NamedTuple):
    """A party that carries an address that a mention of another party names."""

    party: Party
    claim: Claim
    identity_id: UUID


@dataclass(slots=True)
class Admitted:
    """The parties of the mentions, locked, with everything folded in that was stated; nothing of them is saved yet.

    `changes` maps parties with a new description to the fields that changed, `causes` to the last mention that changed
    them; `changing` are the places of all mentions that changed something. `described` maps parties to the id of the
    event that registered or updated them, and `unsaved` are those that `save` has to write. `carriers` are by
    the places of mentions that concern them, `identities` what was loaded of those that changed, `granted` new roles.
    """

    mentions: Sequence[Mention]
    resolution: Resolution
    parties: dict[UUID, Party]
    changes: dict[UUID, set[str]] = field(default_factory=dict)
    causes: dict[UUID, Mention] = field(default_factory=dict)
    changing: set[int] = field(default_factory=set)
    described: dict[UUID, UUID] = field(default_factory=dict)
    unsaved: set[UUID] = field(default_factory=set)
    carriers: dict[int, list[Carrier]] = field(default_factory=dict)
    identities: dict[UUID, list[KnownIdentity]] = field(default_factory=dict)
    granted: list[Granted] = field(default_factory=list)

    def change(self, place: int, fields: set[str]) -> None:
        """The mention at `place` changed these fields of its party."""
        party_id = self.resolution.assigned[place].party_id
        self.changes.setdefault(party_id, set()).update(fields)
        self.causes[party_id] = self.mentions[place]
        self.changing.add(place)
        self.unsaved.add(party_id)

    def grant(self, place: int, before: Sequence[str]) -> None:
        """The party of the mention at `place` had these roles before it."""
        party = self.parties[self.resolution.assigned[place].party_id]
        self.granted += [Granted(place, party.id, role) for role in party.roles if role not in before]

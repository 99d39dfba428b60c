"""The copy of a party that agents need: how to greet the customer and in which language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from shared.engine.event import Event, Tombstone
from shared.errors import BadRecord
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.sql import storable


def plain(text: str | None) -> str | None:
    """The text as the database can hold it; None where it has no words: empty means absent."""
    return storable(text) if text is not None and text.strip() else None


@dataclass(frozen=True, slots=True)
class Party:
    """The newest known description; an erased party has none and gets none any more."""

    id: UUID
    version: int = 0
    name: str | None = None
    locale: str | None = None
    merged_into: UUID | None = None
    erased: bool = False
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement in force says of the party's tickets."""

    agreement_id: UUID
    sla_policy: str | None
    relationship_manager: str | None
    starts_at: datetime


class Erasure(NamedTuple):
    """The event that erased a party, and how many copies of it there were."""

    event: Event[Tombstone]
    party_id: UUID
    copies: int


def newest(events: Iterable[Event[PartyDescribed | Tombstone]]) -> list[Party]:
    """The description of each party with the highest version, or its erasure, sorted by id.

    Raises BadRecord where a tombstone's key is no party id.
    """
    parties: dict[UUID, Party] = {}
    for event in events:
        party = _read(event)
        known = parties.get(party.id)
        if known is None or supersedes(party, known):
            parties[party.id] = party
    return sorted(parties.values(), key=lambda party: party.id)


def erasures_of(
    events: Iterable[Event[PartyDescribed | Tombstone]], known: Mapping[UUID, Party | None]
) -> list[Erasure]:
    """The events that erase, in their order; `known` are the copies of those parties as they were, None without one."""
    erased = {party_id for party_id, party in known.items() if party is not None and party.erased}
    living = {party_id for party_id, party in known.items() if party is not None} - erased
    found = []
    for event in events:
        if isinstance(event.data, PartyDescribed):
            living |= {event.data.party_id} - erased
        else:
            party_id = UUID(event.key_text)
            found.append(Erasure(cast("Event[Tombstone]", event), party_id, int(party_id in living)))
            erased.add(party_id)
            living.discard(party_id)
    return found


def supersedes(party: Party, known: Party) -> bool:
    """Whether `party` replaces what is known; the statement `save_parties` keeps the same rule."""
    return not known.erased and (party.erased or party.version > known.version)


def _email_of(identities: Iterable[KnownIdentity]) -> str | None:
    """The address that the party is written to."""
    emails = [each for each in identities if each.type == "email"]
    return max(emails, key=lambda each: each.primary).value if emails else None


def _read(event: Event[PartyDescribed | Tombstone]) -> Party:
    data = event.data
    if isinstance(data, PartyDescribed):
        name, email = plain(data.name), _email_of(data.identities)
        return Party(data.party_id, data.version, name, plain(data.locale), data.merged_into, email=email)
    try:
        return Party(UUID(event.key_text), erased=True)
    except ValueError:
        raise BadRecord("key", "a tombstone on crm.parties needs a party id as its key", holds=False) from None

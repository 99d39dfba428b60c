"""That the erasure of a party was asked for, declined or done, told on `crm.contacts`."""

from dataclasses import dataclass, field
from uuid import UUID

from shared.events.contacts import CONTACTS
from shared.events.contract import contract
from shared.events.erasure import Counted
from shared.events.values import Instant


@contract(CONTACTS, "crm.erasure.requested.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested:
    """Somebody of the company asked that the party be erased; why is free text, which no event tells."""

    party_id: UUID
    erasure_id: UUID
    requested_by: str
    recorded_at: Instant


@contract(CONTACTS, "crm.erasure.declined.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDeclined:
    """An erasure that was asked for is not to be done; the party may be asked about again."""

    party_id: UUID
    erasure_id: UUID
    declined_by: str
    recorded_at: Instant
    requested_by: str
    requested_at: Instant


@contract(CONTACTS, "crm.party.erased.v1", key="party_id", subject="party/{party_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyErased:
    """Who the party is was forgotten; its null value stands on `crm.parties`. Its history stays, under its id.

    One erasure is told of each party that was erased by it: `asked_for` is the one that somebody had asked about, the
    others were merged into it. `found` counts what contacts emptied or removed of all of them, by table. Who asked and
    who approved are people of the company.
    """

    party_id: UUID
    party_version: int
    erasure_id: UUID
    recorded_at: Instant
    asked_for: UUID | None = None
    requested_by: str | None = None
    requested_at: Instant | None = None
    approved_by: str | None = None
    found: list[Counted] = field(default_factory=list)

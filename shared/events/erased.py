"""That the erasure of a party was asked for, declined or done, told on `crm.contacts`."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from shared.events.contacts import CONTACTS
from shared.events.contract import contract
from shared.events.erasure import Counted
from shared.events.values import Instant

Ground = Literal[
    "no_longer_necessary", "consent_withdrawn", "objection", "unlawful", "legal_obligation", "child_services", "other"
]
"""On which ground of article 17(1) of the GDPR somebody is to be forgotten, from (a) to (f), or on none of these."""
Exemption = Literal["freedom_of_expression", "legal_obligation", "public_interest", "archiving", "legal_claims"]
"""By which exemption of article 17(3), from (a) to (e), somebody is not to be forgotten; `public_interest` is that of
public health.
"""


@contract(CONTACTS, "crm.erasure.requested.v1", key="party_id", subject="party/{party_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRequested:
    """Somebody of the company asked that the party be erased, on a ground that they may have stated; why else is free
    text, which no event tells.
    """

    party_id: UUID
    erasure_id: UUID
    requested_by: str
    recorded_at: Instant
    ground: Ground | None = None


@contract(CONTACTS, "crm.erasure.declined.v1", key="party_id", subject="party/{party_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDeclined:
    """An erasure that was asked for is not to be done; the party may be asked about again. With an `exemption` the
    request was refused by it; without one it was taken back.
    """

    party_id: UUID
    erasure_id: UUID
    declined_by: str
    recorded_at: Instant
    requested_by: str
    requested_at: Instant
    ground: Ground | None = None
    exemption: Exemption | None = None


@contract(CONTACTS, "crm.party.erased.v1", key="party_id", subject="party/{party_id}", minor=2)
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyErased:
    """Who the party is was forgotten; its null value stands on `crm.parties`. Its history stays, under its id.

    One erasure is told of each party that was erased by it: `asked_for` is the one that somebody had asked about, the
    others were merged into it. `found` counts what contacts emptied or removed of all of them, by table. Who asked and
    who approved are people of the company; `ground` is what they may have stated.
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
    ground: Ground | None = None

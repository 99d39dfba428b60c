"""Somebody who is named, by a fact or by people of the company."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contacts.parties.domain.identity import Claim, Flagged
from shared.engine.event import Event
from shared.events.ingest import ReportedParty


@dataclass(slots=True)
class Mention:
    """A fact or a person of the company named a party and stated something of it.

    A profile (`overwrites`) replaces what was stated before its `time`; anything else fills what is empty. `now`
    becomes `recorded_at`. `cause` is None over HTTP, where a profile replaces all of it. `primary` are the claims to
    write to, `flagged` identities that name nobody. With `for_carriers` it concerns all who carry one of its addresses.
    `owner_id` is the party of the sale that a fact changes, as far as that sale is known. `part`
    tells apart whom one fact names.
    """

    claims: tuple[Claim, ...]
    reported: ReportedParty
    time: datetime
    now: datetime
    origin: str | None
    overwrites: bool = False
    cause: Event[Any] | None = None
    primary: tuple[Claim, ...] = ()
    flagged: tuple[Flagged, ...] = ()
    for_carriers: bool = False
    owner_id: UUID | None = None
    part: tuple[str, ...] = ()

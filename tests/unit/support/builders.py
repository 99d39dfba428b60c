"""Events as support hears them, with only what a test cares for."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from shared.engine.event import Event, Tombstone
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.events.requests import SupportRequested
from tests.events import decoded

D = TypeVar("D")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def party_id(number: int) -> UUID:
    return UUID(int=number)


def requested(
    party: int = 1,
    *,
    event_id: str = "request-1",
    subject: str = "Lamp",
    body: str = "It is dark.",
    thread: str | None = None,
    in_reply_to: str | None = None,
    origin: str = "/shop",
    correlation_id: str | None = None,
) -> Event[SupportRequested]:
    data = SupportRequested(
        party_id=party_id(party),
        party_version=1,
        channel="email",
        subject=subject,
        body=body,
        recorded_at=NOON,
        origin=origin,
        thread=thread,
        in_reply_to=in_reply_to,
    )
    event = _event("crm.requests", "crm.support.requested.v1", str(data.party_id), data, event_id)
    event.correlation_id = correlation_id or event.correlation_id
    return event


def described(
    party: int = 1,
    *,
    version: int = 1,
    name: str = "Ada Holm",
    merged_into: int | None = None,
    email: str | None = None,
) -> Event[PartyDescribed | Tombstone]:
    data = PartyDescribed(
        party_id=party_id(party),
        version=version,
        kind="person",
        recorded_at=NOON,
        name=name,
        locale="da",
        merged_into=party_id(merged_into) if merged_into else None,
        identities=[KnownIdentity(id=UUID(int=9), type="email", value=email)] if email else [],
    )
    return _event("crm.parties", "crm.party.described.v1", str(data.party_id), data, f"described-{party}-{version}")


def erased(party: int = 1, *, key: str | None = None) -> Event[PartyDescribed | Tombstone]:
    return _event("crm.parties", "crm.party.described.v1", key or str(party_id(party)), Tombstone(), f"erased-{party}")


def _event(topic: str, type_: str, key: str, data: D, event_id: str) -> Event[D]:
    return decoded(topic, type_, data, key=key, at=NOON, now=NOON + timedelta(minutes=1), id_=event_id)

"""`crm.requests`: requests for help with their text, kept 7 days, keyed by party."""

from dataclasses import dataclass
from uuid import UUID

from shared.events.contract import contract
from shared.events.topic import topic
from shared.events.values import Channel, IdentityUsed, Instant

REQUESTS = topic(
    "crm.requests",
    owner="contacts",
    about="Requests for help, with their text.",
    cleanup="week",
    personal="yes: the text of the request",
)


@contract(REQUESTS, "crm.support.requested.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRequested:
    """The party asked for help; the only fact that carries free text on."""

    party_id: UUID
    party_version: int
    channel: Channel
    subject: str
    body: str
    recorded_at: Instant
    origin: str
    thread: str | None = None
    in_reply_to: str | None = None
    sku: str | None = None
    sale_id: str | None = None
    locale: str | None = None
    identity_used: IdentityUsed | None = None

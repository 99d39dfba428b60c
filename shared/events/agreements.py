"""`crm.agreements`: agreements with parties, and whether they are kept, keyed by party."""

from dataclasses import dataclass
from uuid import UUID

from shared.events.contract import contract
from shared.events.topic import topic
from shared.events.values import Channel, Instant

AGREEMENTS = topic(
    "crm.agreements",
    owner="contacts",
    about="Agreements with parties, and whether they are kept.",
    cleanup="keep",
)


@contract(AGREEMENTS, "crm.boundary.set.v1", key="party_id", subject="agreement/{agreement_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class BoundarySet:
    """Whether the party may be written to from `starts_at` on, for a purpose and on a channel (null: every one).

    Of several that cover the same, the latest decides. It ends at `ends_at`, as if it had never been set.
    """

    party_id: UUID
    agreement_id: UUID
    allowed: bool
    starts_at: Instant
    recorded_at: Instant
    purpose: str | None = None
    channel: Channel | None = None
    ends_at: Instant | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What an agreement with a party says. The highest `revision` holds, whatever comes first.

    `sla_policy` is the policy by which the party's tickets are measured, `relationship_manager` the staff id of who is
    asked first. It holds from `starts_at` up to `ends_at`.
    """

    party_id: UUID
    agreement_id: UUID
    revision: int = 1
    starts_at: Instant
    recorded_at: Instant
    ends_at: Instant | None = None
    sla_policy: str | None = None
    relationship_manager: str | None = None


@contract(AGREEMENTS, "crm.agreement.signed.v1", key="party_id", subject="agreement/{agreement_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSigned(_Terms):
    """Both sides agreed."""


@contract(AGREEMENTS, "crm.agreement.amended.v1", key="party_id", subject="agreement/{agreement_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementAmended(_Terms):
    """The whole new state of an agreement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    party_id: UUID
    agreement_id: UUID
    ended_at: Instant
    recorded_at: Instant


@contract(AGREEMENTS, "crm.agreement.lapsed.v1", key="party_id", subject="agreement/{agreement_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLapsed(_Ended):
    """Its time was over."""


@contract(AGREEMENTS, "crm.agreement.terminated.v1", key="party_id", subject="agreement/{agreement_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementTerminated(_Ended):
    """Somebody ended it."""

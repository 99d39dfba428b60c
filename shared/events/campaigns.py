"""`crm.campaigns`: enrolments and messages, keyed by party; campaigns themselves, keyed by campaign."""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import WithJsonSchema

from shared.events.contract import contract
from shared.events.erasure import Forgotten
from shared.events.topic import topic
from shared.events.values import Channel, Instant

CAMPAIGNS = topic(
    "crm.campaigns",
    owner="marketing",
    about="Enrolments and messages; campaigns themselves.",
    cleanup="keep",
    key="the party id; the campaign's name for what is about the campaign, an address's own id for what is about it",
)
SkipReason = Literal[
    "no_campaign",
    "no_consent",
    "suppressed",
    "no_address",
    "frequency_cap",
    "quiet_hours",
    "boundary",
    "refunded",
    "ticket_open",
    "merged",
    "erased",
    "expired",
    "holdout",
    "refused",
    "cancelled",
    "exited",
    "stopped",
    "dispute_open",
]


@contract(CAMPAIGNS, "crm.campaign.published.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPublished:
    """A definition is in force from now; enrolments keep the version that they began with."""

    campaign: str
    version: int
    follow_up: bool
    priority: int
    definition_hash: str
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.campaign.stopped.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStopped:
    """Enrols nobody from now on. What is planned is decided as before, or ends as `stopped` when it is due."""

    campaign: str
    recorded_at: Instant
    planned: Literal["kept", "skipped"] = "kept"


@contract(CAMPAIGNS, "crm.enrolment.requested.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRequested:
    """Somebody asked that the party be enrolled in a campaign that is begun by hand. Whether it is, is decided as for
    any trigger.
    """

    party_id: UUID
    campaign: str
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.enrolment.started.v1", key="party_id", subject="enrolment/{enrolment_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentStarted:
    """A trigger enrolled its party: once per (campaign, trigger)."""

    enrolment_id: UUID
    party_id: UUID
    campaign: str
    campaign_version: int
    trigger_event_id: str
    follow_up: bool
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.enrolment.exited.v1", key="party_id", subject="enrolment/{enrolment_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentExited:
    """An enrolment of several steps ended before its last one, by `deciding_event_id` where an event ended it."""

    enrolment_id: UUID
    party_id: UUID
    campaign: str
    campaign_version: int
    trigger_event_id: str
    reason: str
    recorded_at: Instant
    deciding_event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    message_id: UUID
    enrolment_id: UUID
    party_id: UUID
    campaign: str
    campaign_version: int
    step: int
    channel: Channel
    trigger_event_id: str
    due_at: Instant
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.message.planned.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePlanned(_Message):
    """A message will be decided at `due_at`."""


@contract(CAMPAIGNS, "crm.message.sent.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(_Message):
    """The message was handed over, allowed by `consent_event_id` (null where the purpose needs no consent)."""

    consent_event_id: str | None = None


@contract(CAMPAIGNS, "crm.message.unknown.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUnknown(_Message):
    """It was being handed over when its sender died; never sent again by itself."""


@contract(CAMPAIGNS, "crm.message.skipped.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSkipped:
    """The message will not be sent, for `reason`, as `deciding_event_ids` show.

    With `no_campaign` only the trigger is known; everything about a message is then null.
    """

    party_id: UUID
    trigger_event_id: str
    reason: SkipReason
    recorded_at: Instant
    deciding_event_ids: list[str] = field(default_factory=list)
    message_id: UUID | None = None
    enrolment_id: UUID | None = None
    campaign: str | None = None
    campaign_version: int | None = None
    step: int | None = None
    channel: Channel | None = None
    due_at: Instant | None = None


@contract(CAMPAIGNS, "crm.erasure.confirmed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirmed(Forgotten):
    """The service has forgotten an erased party; see there what it counts."""


@contract(CAMPAIGNS, "crm.survey.sent.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySent:
    """A message that asks a survey was handed over; `sale_id` is that of the sale which it is about."""

    message_id: UUID
    party_id: UUID
    survey: Literal["csat", "nps", "ces"]
    campaign: str
    campaign_version: int
    trigger_event_id: str
    recorded_at: Instant
    sale_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Points:
    """`points` is how many, and never negative. A balance is what was earned less what the others took."""

    party_id: UUID
    points: int
    recorded_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _PointsOfSale(_Points):
    """The points of a sale are one lot; (`origin`, `sale_id`) names the sale."""

    lot_id: UUID
    origin: str
    sale_id: str


@contract(CAMPAIGNS, "crm.points.earned.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PointsEarned(_PointsOfSale):
    """A sale earned points, or more of them than was said before, by a version of the programme. They expire at
    `expires_at`.
    """

    programme_hash: str
    expires_at: Instant | None = None


@contract(CAMPAIGNS, "crm.points.reversed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PointsReversed(_PointsOfSale):
    """A sale earned less than was said before, also where the points have been spent.

    `recounted`: another sale changed what this one earns by its place among the party's sales.
    """

    # By a pattern, since generators make one type of all enumerations of the same name, and a skip has a reason too.
    reason: Annotated[
        Literal["refunded", "amended", "cancelled", "recounted"],
        WithJsonSchema({"type": "string", "pattern": "^(refunded|amended|cancelled|recounted)$"}),
    ]


@contract(CAMPAIGNS, "crm.points.expired.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PointsExpired(_PointsOfSale):
    """What was left of a sale's points was not spent in time."""


@contract(CAMPAIGNS, "crm.points.redeemed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRedeemed(_Points):
    """The party spent points. Of parties that were merged each that gave some has an event with its own part."""

    redemption_id: UUID
    reference: str | None = None


@contract(CAMPAIGNS, "crm.tier.changed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TierChanged:
    """The party came to another tier of the programme; null: to none, or from none.

    `qualifying` are the points that count for it: those of its sales before any tier multiplied them. `better`: than
    the previous one; null: the programme has that no longer.
    """

    party_id: UUID
    previous: str | None
    current: str | None
    qualifying: int
    recorded_at: Instant
    better: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSegment:
    """`by_definition`: since the segment was defined anew or stopped, while nothing of the party changed."""

    segment: str
    segment_version: int
    party_id: UUID
    recorded_at: Instant
    by_definition: bool = False


@contract(CAMPAIGNS, "crm.segment.entered.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntered(_OfSegment):
    """The party belongs to a segment from now on. One that was merged into another belongs to none."""


@contract(CAMPAIGNS, "crm.segment.left.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLeft(_OfSegment):
    """The party belongs to a segment no longer."""

"""crm.campaigns: what was sent to parties, and what they earned."""

from collections.abc import Sequence

from services.contacts.privacy import commands as privacy
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import (
    EnrolmentExited,
    EnrolmentRequested,
    EnrolmentStarted,
    ErasureConfirmed,
    MessagePlanned,
    MessageSent,
    MessageSkipped,
    MessageUnknown,
    PointsEarned,
    PointsExpired,
    PointsRedeemed,
    PointsReversed,
    SegmentEntered,
    SegmentLeft,
    SurveySent,
    TierChanged,
)
from shared.events.returned import (
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageDelivered,
    MessageOpened,
    MessageWatched,
)

OfCampaigns = (
    EnrolmentRequested
    | EnrolmentStarted
    | EnrolmentExited
    | MessagePlanned
    | MessageSent
    | MessageSkipped
    | MessageUnknown
    | MessageBounced
    | MessageComplained
    | MessageDelivered
    | MessageOpened
    | MessageClicked
    | MessageWatched
    | PointsEarned
    | PointsRedeemed
    | PointsReversed
    | PointsExpired
    | TierChanged
    | SurveySent
    | SegmentEntered
    | SegmentLeft
    | ErasureConfirmed
)


@timeline_group.topic("crm.campaigns")
async def show_messages(events: Sequence[Event[OfCampaigns]], tx: Transaction) -> None:
    """What was sent to parties, or not, and why; points, tiers, surveys and segments."""
    await timeline.add_lines(tx, events)
    await timeline.save_messages(tx, events)
    await privacy.keep_confirmations(tx, events)

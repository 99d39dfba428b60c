"""Messages of campaigns, and who belongs to which segment."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown, SegmentEntered, SegmentLeft

log = structlog.get_logger()


@hears.topic("crm.campaigns")
async def count_messages(
    events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown | SegmentEntered | SegmentLeft]],
    tx: Transaction,
) -> None:
    """Count how many messages went out or did not, by campaign and day, and keep when parties were in segments."""
    moved = [
        cast("Event[SegmentEntered | SegmentLeft]", event)
        for event in events
        if isinstance(event.data, SegmentEntered | SegmentLeft)
    ]
    decided = [
        cast("Event[MessageSent | MessageSkipped | MessageUnknown]", event)
        for event in events
        if not isinstance(event.data, SegmentEntered | SegmentLeft)
    ]
    await activity.add_messages(tx, decided)
    await activity.copy_segments(tx, moved)
    log.info("messages_counted", messages=len(decided), segments=len(moved))

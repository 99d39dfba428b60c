"""Messages of campaigns."""

from collections.abc import Sequence

import structlog

from services.forecasting.activity import commands as activity
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown

log = structlog.get_logger()


@hears.topic("crm.campaigns")
async def count_messages(
    events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]], tx: Transaction
) -> None:
    """Count how many messages went out or did not, by campaign and day."""
    await activity.add_messages(tx, events)
    log.info("messages_counted", messages=len(events))

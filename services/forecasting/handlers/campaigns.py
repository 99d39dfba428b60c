"""What forecasting learns from campaigns: how many messages went out or did not, by campaign and day."""

from collections.abc import Sequence

import structlog

from services.forecasting import store
from services.forecasting.domain.activity import count_messages
from services.forecasting.subscriptions import sales as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown

log = structlog.get_logger()


@hears.topic("crm.campaigns")
async def follow_messages(
    events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]], tx: Transaction
) -> None:
    counts = count_messages(events)
    await store.add_messages(tx, counts)
    log.info("messages_counted", messages=len(events), rows=len(counts))

"""After a restore: what marketing takes back from its own topic, so that no letter is sent a second time."""

from collections.abc import Sequence

from services.marketing.enrolments import commands as enrolments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import recovery
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.campaigns import MessageSent, MessageSkipped, MessageUnknown


@recovery.topic("crm.campaigns")
async def take_back_endings(
    events: Sequence[Event[MessageSent | MessageSkipped | MessageUnknown]], tx: Transaction
) -> None:
    """How messages had ended: they end the same when they are due again."""
    await enrolments.take_back(tx, events)


@recovery.ending
async def doubt_letters(tx: Transaction) -> None:
    """What was due by now and is not known to have ended may have been sent."""
    await enrolments.mark_restored(tx)
    await sending.doubt_all(tx)

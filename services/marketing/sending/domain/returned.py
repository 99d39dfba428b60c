"""The events about letters that come back."""

from datetime import datetime

from services.marketing.enrolments.domain.message import Message
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.sending.schemas import Bounce
from shared.engine.event import Emission
from shared.events.campaigns import MessageBounced, MessageComplained
from shared.ids import dated_id


def announce_returned(message: Message, sale: Sale, bounce: Bounce, at: datetime) -> Emission:
    """A letter bounces, or is complained about, once: told again, it is the same event."""
    assert message.campaign is not None
    data: MessageBounced | MessageComplained
    if bounce.kind == "complaint":
        data = MessageComplained(
            message_id=message.id,
            party_id=message.party_id,
            campaign=message.campaign,
            trigger_event_id=message.trigger_event_id,
            recorded_at=at,
        )
    else:
        data = MessageBounced(
            message_id=message.id,
            party_id=message.party_id,
            campaign=message.campaign,
            trigger_event_id=message.trigger_event_id,
            bounce=bounce.kind,
            code=bounce.code,
            recorded_at=at,
        )
    event_id = dated_id(int(message.triggered_at.timestamp() * 1000), bounce.kind, message.id)
    return Emission(data, at, sale.cause(), event_id, sale.partition)

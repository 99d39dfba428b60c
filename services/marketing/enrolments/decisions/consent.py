"""Which consent holds for a campaign."""

from collections.abc import Iterable
from datetime import datetime

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies.domain import Consent


def latest_consent(consents: Iterable[Consent], definition: Definition, channel: str, at: datetime) -> Consent | None:
    """The latest by (occurred_at, recorded_at) that covers the campaign's purpose and topic on this channel.

    Of two at the same moment the withdrawal holds.
    """
    covering = (
        consent
        for consent in consents
        if consent.purpose == definition.purpose
        and consent.topic in {None, definition.topic}
        and consent.channel == channel
        and consent.occurred_at <= at
    )
    order = lambda consent: (consent.occurred_at, consent.recorded_at, not consent.given, consent.event_id)  # noqa: E731
    return max(covering, key=order, default=None)

"""Which consent holds: the one rule for every service and every view.

Per party, purpose, topic and channel the latest statement by (moment, recorded_at) decides, and of two at the same
moment the withdrawal. A statement without a topic covers all topics. A consent ends when it expires.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from shared.events.contacts import ConsentGiven, ConsentWithdrawn
from shared.events.values import trim

EVERY_TOPIC = ""


class Statement(NamedTuple):
    """One consent or withdrawal of a party. `topic` is `EVERY_TOPIC` where the party named none."""

    event_id: str
    purpose: str
    topic: str
    channel: str
    given: bool
    occurred_at: datetime
    recorded_at: datetime
    expires_at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """When it counts from: a sender's clock that is ahead moves nothing into the future."""
        return min(self.occurred_at, self.recorded_at)

    @property
    def rank(self) -> tuple[datetime, datetime, bool, str]:
        """Of several statements that cover the same, the one of the highest rank decides."""
        return self.moment, self.recorded_at, not self.given, self.event_id

    def allows(self, at: datetime) -> bool:
        return self.given and (self.expires_at is None or at < self.expires_at)


def statement_of(event_id: str, occurred_at: datetime, data: ConsentGiven | ConsentWithdrawn) -> Statement:
    return Statement(
        event_id,
        word_of(data.purpose),
        topic_of(data.topic),
        data.channel,
        isinstance(data, ConsentGiven),
        occurred_at,
        data.recorded_at,
        data.expires_at if isinstance(data, ConsentGiven) else None,
    )


def word_of(text: str) -> str:
    """A purpose or topic in the form in which it is compared: composed letters, nothing unseen around."""
    return trim(unicodedata.normalize("NFC", text))


def topic_of(topic: str | None) -> str:
    """Null, empty and absent mean the same: every topic."""
    return word_of(topic or "") or EVERY_TOPIC


def deciding(statements: Iterable[Statement], purpose: str, topic: str | None, channel: str) -> Statement | None:
    """The statement that decides about a message of this purpose, topic and channel; None if the party made none.

    The caller passes what is known of one party at the time of its decision, and asks the answer what it `allows`.
    """
    topics = {EVERY_TOPIC, topic_of(topic)}
    asked = word_of(purpose)
    covering = (s for s in statements if s.purpose == asked and s.channel == channel and s.topic in topics)
    return max(covering, key=lambda statement: statement.rank, default=None)

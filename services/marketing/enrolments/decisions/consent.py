"""Which consent holds for a campaign."""

from collections.abc import Iterable

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.enrolments.decisions.moment import Moment
from shared.events.consent import Statement, deciding


def deciding_consent(
    statements: Iterable[Statement], definition: Definition, channel: str, moment: Moment
) -> Statement | None:
    """What the party said last about the campaign's purpose and topic on this channel, as far as it counts."""
    known = (statement for statement in statements if moment.counts(statement.occurred_at))
    return deciding(known, definition.purpose, definition.topic, channel)

"""What the 360 view says of consents."""

from collections.abc import Sequence
from datetime import datetime

from services.contacts.overview.schemas import ConsentView
from shared.events.consent import Statement, deciding, topic_of


def decide_consents(stored: Sequence[ConsentView], now: datetime) -> list[ConsentView]:
    """The same consents, each with whether it allows anything now by the rule that all services share."""
    statements = [_statement(consent) for consent in stored]
    return [_decide(consent, statements, now) for consent in stored]


def _decide(consent: ConsentView, statements: Sequence[Statement], now: datetime) -> ConsentView:
    decided_by = deciding(statements, consent.purpose, consent.topic, consent.channel)
    holds = decided_by is not None and decided_by.allows(now)
    return consent.model_copy(update={"holds": holds, "topic": consent.topic or None})


def _statement(consent: ConsentView) -> Statement:
    return Statement(
        consent.event_id,
        consent.purpose,
        topic_of(consent.topic),
        consent.channel,
        consent.given,
        consent.occurred_at,
        consent.recorded_at,
        consent.expires_at,
    )

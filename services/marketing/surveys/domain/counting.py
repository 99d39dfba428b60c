"""Answers as contacts tells them, and the sums that are kept of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.surveys.domain.link import is_high, is_low
from shared.engine.event import Event
from shared.events.contacts import SurveyAnswered
from shared.sql import storable

LOOKED_FOR = timedelta(days=1)
"""So long an answer waits for the sale that it is about."""
LOOK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """Of each party, survey and subject one counts: a sale's id, or the event itself where it is about no sale."""

    event_id: UUID
    survey: Survey
    party_id: UUID
    subject: str
    sale_id: str | None
    value: int
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class SaleAsked:
    """What of a sale results are told apart by."""

    channel: str
    skus: Sequence[str]


SumKey = tuple[Survey, date, str, str]
"""Survey, day, channel and SKU; the last two are empty where they are not known, or not told apart."""


@dataclass(slots=True)
class Sum:
    answers: int = 0
    total: int = 0
    high: int = 0
    low: int = 0


def answer_of(event: Event[SurveyAnswered]) -> Answer:
    data = event.data
    sale_id = storable(data.about.sale_id) if data.about and data.about.sale_id else None
    subject = f"event {event.id}" if sale_id is None else f"sale {sale_id}"
    return Answer(UUID(event.id), data.survey, data.party_id, subject, sale_id, data.value, event.time)


def sums_of(answers: Iterable[Answer], sales: Mapping[tuple[UUID, str], SaleAsked]) -> dict[SumKey, Sum]:
    """What these answers add. `sales` by party and id."""
    found: dict[SumKey, Sum] = {}
    for answer in answers:
        sale = sales.get((answer.party_id, answer.sale_id or ""))
        day, channel = answer.answered_at.astimezone(UTC).date(), sale.channel if sale else ""
        for sku in ["", *dict.fromkeys(sale.skus if sale else ())]:
            each = found.setdefault((answer.survey, day, channel, sku), Sum())
            each.answers += 1
            each.total += answer.value
            each.high += is_high(answer.survey, answer.value)
            each.low += is_low(answer.survey, answer.value)
    return found


def sums_of_values(given: Iterable[tuple[Survey, int, int]]) -> dict[Survey, Sum]:
    """Of surveys, each with a value and how often it was answered."""
    found: dict[Survey, Sum] = {}
    for survey, value, answers in given:
        each = found.setdefault(survey, Sum())
        each.answers += answers
        each.total += answers * value
        each.high += answers * is_high(survey, value)
        each.low += answers * is_low(survey, value)
    return found


def score_of(survey: Survey, sums: Sum) -> float:
    """CSAT: how many of a hundred are satisfied. NPS: promoters less detractors, of a hundred. CES: the mean."""
    match survey:
        case "csat":
            return round(100 * sums.high / sums.answers, 1)
        case "nps":
            return round(100 * (sums.high - sums.low) / sums.answers, 1)
        case "ces":
            return round(sums.total / sums.answers, 2)

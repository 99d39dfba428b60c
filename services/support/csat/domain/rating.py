"""How satisfied a customer was with a ticket: one answer a ticket, by a signed link or as a fact."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from services.support.tickets.domain.ticket import Ticket, common
from shared.engine.event import Emission, Event
from shared.errors import Invalid
from shared.events.contacts import SurveyAnswered
from shared.events.ingest import About, ReportedIdentity, ReportedParty, ReportedSurvey
from shared.events.tickets import CsatRecorded
from shared.http.links import read_claims, sign_claims
from shared.ids import derived_id

SOURCE = "/support/surveys"
"""Under this name answers by link are told to everybody."""
FIRST, LAST = 1, 5
_AUDIENCE = "csat"


@dataclass(frozen=True, slots=True)
class Rating:
    """The answer about a ticket; `agent` answered for it when it was given."""

    ticket_id: UUID
    party_id: UUID
    value: int
    agent: str | None
    source: Literal["link", "fact"]
    answered_at: datetime


def sign(ticket_id: UUID, secret: str, expires_at: datetime) -> str:
    return sign_claims({"sub": str(ticket_id)}, secret, _AUDIENCE, expires_at)


def read_token(token: str, secret: str, now: datetime) -> tuple[UUID, datetime]:
    """The ticket that a link asks about, and until when it does. Raises LinkRefused and LinkExpired."""
    claims = read_claims(token, secret, _AUDIENCE, (), now)
    return UUID(claims["sub"]), datetime.fromtimestamp(claims["exp"], UTC)


def require_value(value: int | None) -> int:
    """Raises Invalid for what the survey does not offer."""
    if value is None or not FIRST <= value <= LAST:
        raise Invalid(f"csat takes {FIRST} to {LAST}", field="value")
    return value


def ticket_of(event: Event[SurveyAnswered]) -> UUID | None:
    """The ticket that an answer is about; None where it is about something else, or is no value of ours."""
    data = event.data
    if data.survey != "csat" or not FIRST <= data.value <= LAST or data.about is None or not data.about.ticket_id:
        return None
    try:
        return UUID(data.about.ticket_id)
    except ValueError:
        return None


def announce(ticket: Ticket, rating: Rating, now: datetime, cause: Event[SurveyAnswered] | None) -> Emission:
    """It has one id for its ticket, whichever way the answer came."""
    data = CsatRecorded(**common(ticket, now), value=rating.value, agent=rating.agent, answered_at=rating.answered_at)
    return Emission(data=data, time=now, cause=cause, id=derived_id("csat recorded", ticket.id))


def announce_answer(rating: Rating) -> Emission:
    """Contacts takes it for what it is, a fact from outside; that it comes back changes nothing here."""
    party = ReportedParty(identities=[ReportedIdentity(type="party", value=str(rating.party_id))])
    about = About(ticket_id=str(rating.ticket_id))
    answer = ReportedSurvey(party=party, survey="csat", value=rating.value, about=about)
    id_ = derived_id("csat", rating.ticket_id)
    return Emission(answer, rating.answered_at, id=id_, source=SOURCE, key=str(rating.party_id))

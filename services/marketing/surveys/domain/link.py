"""The signed link by which a reader answers, and what the answer says to everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.enrolments.domain.message import Message
from services.marketing.enrolments.domain.sale import Sale
from shared.engine.event import Emission
from shared.errors import Invalid
from shared.events.campaigns import SurveySent
from shared.events.ingest import About, ReportedIdentity, ReportedInteraction, ReportedParty, ReportedSurvey
from shared.http.links import read_claims, sign_claims
from shared.ids import dated_id, derived_id

SOURCE = "/marketing/surveys"
"""Under this name answers are told to everybody."""
_AUDIENCE = "survey"
SCALES: Mapping[Survey, tuple[int, int]] = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
"""The first and the last value that a reader is offered."""


@dataclass(frozen=True, slots=True)
class SurveyLink:
    """Whoever has it may answer this survey, once, for the reader of this message."""

    message_id: UUID
    survey: Survey
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer by a link. `subject` is what it is about: of each survey there is one."""

    survey: Survey
    subject: str
    event_id: UUID
    party_id: UUID
    message_id: UUID
    value: int
    replied_at: datetime
    campaign: str | None


def url_of(link: SurveyLink, public_url: str, secret: str) -> str:
    claims = {"sub": str(link.message_id), "survey": link.survey}
    token = sign_claims(claims, secret, _AUDIENCE, link.expires_at)
    return f"{public_url.rstrip('/')}/v1/surveys/answers/{token}"


def read_survey_link(token: str, secret: str, now: datetime) -> SurveyLink:
    """What a token says. Raises LinkRefused and LinkExpired."""
    claims = read_claims(token, secret, _AUDIENCE, ("survey",), now)
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    return SurveyLink(UUID(claims["sub"]), claims["survey"], expires_at)


def reply_of(
    link: SurveyLink, value: int, party_id: UUID, subject: str, at: datetime, campaign: str | None = None
) -> Reply:
    """Raises Invalid for a value that the survey does not offer."""
    first, last = SCALES[link.survey]
    if not first <= value <= last:
        raise Invalid(f"{link.survey} takes {first} to {last}", field="value")
    event_id = derived_id("survey", link.survey, subject)
    return Reply(link.survey, subject, event_id, party_id, link.message_id, value, at, campaign)


def announce_reply(reply: Reply, sale_id: str | None) -> list[Emission]:
    """Contacts takes them for what they are, facts from outside: the answer and, of a low one, that we were told."""
    party = ReportedParty(identities=[ReportedIdentity(type="party", value=str(reply.party_id))])
    about = About(sale_id=sale_id) if sale_id else None
    answer = ReportedSurvey(party=party, survey=reply.survey, value=reply.value, about=about)
    key, at = str(reply.party_id), reply.replied_at
    told = [Emission(answer, at, id=reply.event_id, source=SOURCE, key=key)]
    if is_low(reply.survey, reply.value):
        contact = ReportedInteraction(
            party=party,
            channel="web",
            direction="inbound",
            stage="post_purchase" if sale_id else None,
            summary=f"{reply.survey}: {reply.value} of {SCALES[reply.survey][1]}",
        )
        told.append(Emission(contact, at, id=derived_id("low", reply.event_id), source=SOURCE, key=key))
    return told


def announce_asked(message: Message, sale: Sale, survey: Survey, at: datetime) -> Emission:
    assert message.campaign is not None
    assert message.campaign_version is not None
    asked = SurveySent(
        message_id=message.id,
        party_id=message.party_id,
        survey=survey,
        campaign=message.campaign,
        campaign_version=message.campaign_version,
        trigger_event_id=message.trigger_event_id,
        recorded_at=at,
        sale_id=sale.sale_id or None,
    )
    event_id = dated_id(int(message.triggered_at.timestamp() * 1000), "survey", message.id)
    return Emission(asked, at, sale.cause(), event_id, sale.partition)


def is_low(survey: Survey, value: int) -> bool:
    """Not satisfied, a detractor, or much effort."""
    return value <= {"csat": 2, "nps": 6, "ces": 3}[survey]


def is_high(survey: Survey, value: int) -> bool:
    """Satisfied, a promoter, or little effort."""
    return value >= {"csat": 4, "nps": 9, "ces": 5}[survey]

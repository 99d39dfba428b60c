"""The question that goes out by itself: who is asked, in which words, and who refused to be."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from services.support.csat.domain.rating import SOURCE
from services.support.tickets.domain.status import SETTLED
from services.support.tickets.domain.ticket import Ticket, common
from shared.engine.event import Emission, Event
from shared.events.consent import Statement, deciding
from shared.events.ingest import ReportedIdentity, ReportedParty, ReportedWithdrawal
from shared.events.tickets import CsatAsked, TicketResolved
from shared.events.values import Channel
from shared.http.forms import Language
from shared.ids import derived_id

PURPOSES = ("survey", "marketing")
"""Whoever took back one of these on e-mail is not asked; whoever said nothing is, as a part of the service."""
TOPIC = "csat"
CHANNEL: Channel = "email"
FRESH = timedelta(days=7)
"""Nobody is asked of what was resolved longer ago, as when an old log is read."""
_TEXTS: Mapping[Language, str] = MappingProxyType(
    {
        "en": (
            "Your request was resolved. How satisfied are you with our help?\n\n{url}\n\n"
            "There you can also say that you do not want to be asked."
        ),
        "da": (
            "Din henvendelse er løst. Hvor tilfreds er du med vores hjælp?\n\n{url}\n\n"
            "Der kan du også sige, at du ikke vil spørges."
        ),
    }
)


def is_to_be_asked(ticket: Ticket, event: Event[TicketResolved], statements: Sequence[Statement]) -> bool:
    """Whether this may be the one question about the ticket, by what its customer said of being asked."""
    return ticket.status in SETTLED and event.now - event.time <= FRESH and not refuses(statements)


def refuses(statements: Sequence[Statement]) -> bool:
    said = (deciding(statements, purpose, TOPIC, CHANNEL) for purpose in PURPOSES)
    return any(each is not None and not each.given for each in said)


def question_of(ticket_id: UUID) -> UUID:
    """The id of the question, and of its letter."""
    return derived_id("csat question", ticket_id)


def text_of(language: Language, url: str) -> str:
    return _TEXTS[language].format(url=url)


def announce_question(ticket: Ticket, now: datetime, cause: Event[TicketResolved]) -> Emission:
    data = CsatAsked(**common(ticket, now), question_id=question_of(ticket.id))
    return Emission(data=data, time=now, cause=cause, id=derived_id("csat asked", ticket.id))


def refusal(ticket: Ticket, statements: Sequence[Statement], now: datetime) -> Statement:
    """What pressing the button says, given what the customer said so far. To press it twice is to say it once, and
    whoever has allowed it since can refuse again by the same link, also where that was by a clock that is ahead.
    """
    said = deciding(statements, PURPOSES[0], TOPIC, CHANNEL)
    at = now if said is None else max(now, said.moment + timedelta(microseconds=1))
    allowed = deciding((each for each in statements if each.given), PURPOSES[0], TOPIC, CHANNEL)
    id_ = derived_id("csat refused", ticket.id, *([] if allowed is None else [allowed.event_id]))
    return Statement(str(id_), PURPOSES[0], TOPIC, CHANNEL, False, at, at)


def announce_refusal(ticket: Ticket, said: Statement) -> Emission:
    """Contacts takes it for what it is, a fact from outside."""
    withdrawal = ReportedWithdrawal(
        party=ReportedParty(identities=[ReportedIdentity(type="party", value=str(ticket.party_id))]),
        purpose=said.purpose,
        channel=CHANNEL,
        topic=said.topic,
        basis="unsubscribed",
        evidence=f"link of ticket {ticket.id}",
    )
    return Emission(withdrawal, said.occurred_at, id=said.event_id, source=SOURCE, key=str(ticket.party_id))

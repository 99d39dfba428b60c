"""Asks how satisfied customers are, and keeps what they say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.support.copies import commands as copies
from services.support.csat import store
from services.support.csat.domain.question import (
    CHANNEL,
    PURPOSES,
    announce_question,
    announce_refusal,
    is_to_be_asked,
    question_of,
    refusal,
    refuses,
    text_of,
)
from services.support.csat.domain.rating import (
    Rating,
    announce,
    announce_answer,
    read_token,
    require_value,
    sign,
    ticket_of,
)
from services.support.csat.schemas import Satisfaction, SurveyLink
from services.support.letters import commands as letters
from services.support.letters.domain.letter import Draft
from services.support.routing.commands import assignments as routing
from services.support.settings import Context
from services.support.tickets import commands as tickets
from services.support.tickets.domain.status import SETTLED, illegal
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import Refused
from shared.events.consent import Statement, statement_of
from shared.events.contacts import ConsentGiven, ConsentWithdrawn, SurveyAnswered
from shared.events.tickets import CsatAsked, CsatRecorded, TicketResolved
from shared.http.forms import Language, language_of
from shared.http.links import LinkRefused

_VALID = timedelta(days=60)


class NotReachable(Refused):
    """Links need a public address and a secret, which the settings do not have."""

    status = 409
    reason = "no_public_url"


async def ask(tx: Transaction, ticket_id: UUID) -> SurveyLink:
    """The link by which the customer of a settled ticket answers. Raises NotFound, NotReachable and IllegalMove."""
    ticket = await tickets.lock_ticket(tx, ticket_id)
    if ticket.status not in SETTLED:
        raise illegal(ticket.status, "Nobody is asked before the ticket is resolved", "status")
    return _link(tx, ticket_id, tx.now)


async def ask_customers(tx: Transaction, events: Sequence[Event[TicketResolved]]) -> int:
    """Ask by e-mail, once a ticket, whoever can be asked so and did not refuse; how many were asked."""
    context: Context = tx.context
    if not context.public_url:
        return 0
    families = await copies.load_families(tx, {event.data.party_id for event in events})
    family = {event.data.party_id: families.get(event.data.party_id, [event.data.party_id]) for event in events}
    erased = await copies.lock_parties(tx, sorted({each for members in family.values() for each in members}))
    asked = 0
    for event in events:
        if event.data.party_id not in erased:
            asked += await _ask_once(tx, event, family[event.data.party_id])
    return asked


async def lock_parties_of(
    tx: Transaction, answers: Sequence[Event[SurveyAnswered]], said: Sequence[Event[ConsentGiven | ConsentWithdrawn]]
) -> None:
    """Lock who is asked about in these answers and who refuses by these statements, with those merged with them."""
    asked = {ticket_id for event in answers if (ticket_id := ticket_of(event)) is not None}
    parties = {
        *await tickets.find_parties_of(tx, asked),
        *(party for party, each in _of_questions(said) if not each.given),
    }
    families = await copies.load_families(tx, parties) if parties else {}
    await copies.lock_parties(tx, parties.union(*families.values()))


async def copy_consents(tx: Transaction, events: Sequence[Event[ConsentGiven | ConsentWithdrawn]]) -> None:
    """What parties said of being asked by e-mail. Who refuses is locked, and what has not left by then stays here."""
    said = _of_questions(events)
    if not said:
        return
    refusing = {party for party, each in said if not each.given}
    families = await copies.load_families(tx, refusing)
    await store.add_statements(tx, said)
    for party in sorted(refusing):
        members = families.get(party, [party])
        if refuses(await store.load_statements(tx, members)):
            await letters.call_off(tx, await store.find_questions(tx, members))


async def refuse(tx: Transaction, token: str) -> None:
    """Ask this customer no more, and tell contacts; a question that has not left stays here. Raises LinkExpired, and
    LinkRefused where nobody is there.
    """
    ticket_id = check_link(tx, token)
    party_id = await tickets.find_party_of_ticket(tx, ticket_id)
    family = [] if party_id is None else (await copies.load_families(tx, {party_id})).get(party_id, [party_id])
    if party_id is None or party_id in await copies.lock_parties(tx, sorted(family)):
        raise LinkRefused("nobody is asked by this link any more")
    ticket = await tickets.lock_ticket(tx, ticket_id)
    said = refusal(ticket, await store.load_statements(tx, family), tx.now)
    if await store.add_statements(tx, [(party_id, said)]):
        tx.emit([announce_refusal(ticket, said)])
        await letters.call_off(tx, await store.find_questions(tx, family))


def _link(tx: Transaction, ticket_id: UUID, now: datetime) -> SurveyLink:
    context: Context = tx.context
    if not context.public_url:
        raise NotReachable("public_url and survey_secret are not set")
    expires_at = (now + _VALID).replace(microsecond=0)
    token = sign(ticket_id, context.survey_secret, expires_at)
    return SurveyLink(url=f"{context.public_url.rstrip('/')}/v1/surveys/answers/{token}", expires_at=expires_at)


def check_link(tx: Transaction, token: str) -> UUID:
    """The ticket that a link asks about. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_token(token, context.survey_secret, tx.now)[0]


async def find_language(tx: Transaction, ticket_id: UUID) -> Language:
    """What the ticket's customer is shown."""
    party_id = await tickets.find_party_of_ticket(tx, ticket_id)
    party = await copies.find_party(tx, party_id) if party_id else None
    return language_of(party.locale if party else None)


async def answer(tx: Transaction, token: str, value: int | None) -> bool:
    """False where an answer stands already: it is the one that counts. Raises Invalid, LinkExpired, and LinkRefused
    where nobody is there any more who could answer.
    """
    ticket_id, given = check_link(tx, token), require_value(value)
    party_id = await tickets.find_party_of_ticket(tx, ticket_id)
    if party_id is None or await copies.lock_party(tx, party_id):
        raise LinkRefused("nobody is asked by this link any more")
    if not await _keep(tx, ticket_id, given, "link", tx.now, None):
        return False
    tx.emit([announce_answer(Rating(ticket_id, party_id, given, None, "link", tx.now))])
    return True


async def take_answers(tx: Transaction, events: Sequence[Event[SurveyAnswered]]) -> int:
    """How many were the first about their ticket, whose party is locked. One about another's ticket is left out."""
    asked = [(event, ticket_id) for event in events if (ticket_id := ticket_of(event)) is not None]
    parties = {id_: await tickets.find_party_of_ticket(tx, id_) for _, id_ in asked}
    owners = {party for party in parties.values() if party is not None}
    families, kept = await copies.load_families(tx, owners), 0
    for event, ticket_id in asked:
        owner = parties[ticket_id]
        if owner is not None and event.data.party_id in families.get(owner, [owner]):
            kept += await _keep(tx, ticket_id, event.data.value, "fact", event.time, event)
    return kept


async def find_satisfaction(tx: Transaction, ticket_id: UUID) -> Satisfaction | None:
    return await store.find_rating(tx, ticket_id)


async def take_back(tx: Transaction, data: CsatAsked | CsatRecorded) -> None:
    """After a restore, of a ticket whose party is locked."""
    if isinstance(data, CsatAsked):
        await store.take_back_question(tx, data)
        return
    rating = Rating(data.ticket_id, data.party_id, data.value, data.agent, "fact", data.answered_at)
    await store.take_back_rating(tx, rating, data.recorded_at)


def _of_questions(events: Sequence[Event[ConsentGiven | ConsentWithdrawn]]) -> list[tuple[UUID, Statement]]:
    said = [(event.data.party_id, statement_of(event.id, event.time, event.data)) for event in events]
    return [(party, each) for party, each in said if each.purpose in PURPOSES and each.channel == CHANNEL]


async def _ask_once(tx: Transaction, event: Event[TicketResolved], family: Sequence[UUID]) -> bool:
    ticket = await tickets.lock_ticket(tx, event.data.ticket_id)
    if not is_to_be_asked(ticket, event, await store.load_statements(tx, family)):
        return False
    if await tickets.find_address(tx, ticket) is None or await store.find_rating(tx, ticket.id) is not None:
        return False
    if await store.is_asked_of_part(tx, ticket.id):
        return False
    if not await store.add_question(tx, ticket, question_of(ticket.id), event.now):
        return False
    tx.emit([announce_question(ticket, event.now, event)])
    text = text_of(await find_language(tx, ticket.id), _link(tx, ticket.id, event.now).url)
    await tickets.send_letter(
        tx, Draft(question_of(ticket.id), ticket.id, ticket.party_id, ticket.request_event_id, text, event.now)
    )
    return True


async def _keep(
    tx: Transaction,
    ticket_id: UUID,
    value: int,
    source: Literal["link", "fact"],
    at: datetime,
    cause: Event[SurveyAnswered] | None,
) -> bool:
    ticket = await tickets.lock_ticket(tx, ticket_id)
    now = cause.now if cause is not None else tx.now
    assigned = await routing.find_assignment(tx, ticket_id)
    agent = assigned.agent if assigned is not None else None
    rating = Rating(ticket_id, ticket.party_id, value, agent, source, at)
    if not await store.add_rating(tx, rating, now):
        return False
    tx.emit([announce(ticket, rating, now, cause)])
    return True

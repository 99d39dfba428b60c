"""Takes answers by link, and counts those that contacts tells."""

from collections.abc import Sequence
from uuid import UUID

from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.settings import Context
from services.marketing.surveys import store
from services.marketing.surveys.domain.counting import LOOK_AGAIN, LOOKED_FOR, SaleAsked, answer_of, sums_of
from services.marketing.surveys.domain.link import SurveyLink, announce_reply, read_survey_link, reply_of
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.contacts import SurveyAnswered
from shared.http.forms import Language
from shared.http.links import LinkRefused

TIMER = "surveys"


def find_link(tx: Transaction, token: str) -> SurveyLink:
    """What a token says at the time of the transaction. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_survey_link(token, context.unsubscribe_secret, tx.now)


async def find_language(tx: Transaction, link: SurveyLink) -> Language:
    """What the reader is shown."""
    return await enrolments.find_language(tx, link.message_id)


async def reply(tx: Transaction, link: SurveyLink, value: int) -> bool:
    """False where an answer stands already: it is the one that counts. Raises Invalid, and LinkRefused where there is
    nobody any more who could answer.
    """
    found = await enrolments.find_message(tx, link.message_id)
    party = (await copies.load_parties(tx, [found[0].party_id])).get(found[0].party_id) if found else None
    if found is None or party is None or party.erased_by is not None:
        raise LinkRefused("nobody is asked by this link any more")
    message, sale = found
    about = f"{sale.origin}\x1f{sale.sale_id}" if sale.sale_id else str(message.enrolment_id)
    given = reply_of(link, value, message.party_id, about, tx.now, message.campaign)
    answered = sale.sale_id and await store.is_answered(tx, given.party_id, link.survey, f"sale {sale.sale_id}")
    if answered or not await store.add_reply(tx, given):
        return False
    tx.emit(announce_reply(given, sale.sale_id or None))
    return True


async def take_answers(tx: Transaction, events: Sequence[Event[SurveyAnswered]]) -> int:
    """How many are the first of their party about their sale. They are counted when their sales are known too."""
    added = await store.add_answers(tx, [answer_of(event) for event in events])
    timers = [(UUID(event.id), event.partition, event.time) for event in events if UUID(event.id) in added]
    await tx.set_timers(TIMER, sorted(timers))
    return len(added)


async def count_due(tx: Transaction, due: Sequence[Due]) -> int:
    """How many answers came into the sums; one whose sale is not known waits for it, for a day."""
    answers = await store.lock_uncounted(tx, [timer.id for timer in due])
    asked = {(answer.party_id, answer.sale_id) for answer in answers if answer.sale_id is not None}
    sales = await enrolments.find_sales(tx, asked) if asked else {}
    known = {key: SaleAsked(*sale) for key, sale in sales.items()}
    timers = {timer.id: timer for timer in due}
    waiting = {
        answer.event_id: timers[answer.event_id]
        for answer in answers
        if answer.sale_id is not None
        and (answer.party_id, answer.sale_id) not in known
        and timers[answer.event_id].due_at < answer.answered_at + LOOKED_FOR
    }
    await tx.set_timers(TIMER, sorted((id_, t.partition, t.due_at + LOOK_AGAIN) for id_, t in waiting.items()))
    counted = [answer for answer in answers if answer.event_id not in waiting]
    await store.add_to_sums(tx, [answer.event_id for answer in counted], sums_of(counted, known))
    return len(counted)

"""Facts over HTTP: each stands in the outbox for crm.ingest, from where it goes the way of every fact."""

from collections.abc import Iterable

from services.contacts.events import domain, store
from services.contacts.events.domain import Received
from services.contacts.events.schemas import TakenFact
from services.contacts.intake import commands as intake
from services.contacts.settings import Context
from services.contacts.subscriptions import ingest
from shared.clock import now
from shared.engine.applied import find_applied
from shared.engine.event import Event
from shared.engine.outbox import encode
from shared.engine.transaction import Transaction
from shared.events.ingest import INGEST, Reported
from shared.http.cloudevents import Carried


def read(events: Iterable[Carried], context: Context) -> list[Received | TakenFact]:
    """Each event as a fact that may be taken, or its refusal."""
    handler, wall = ingest.topics[INGEST], now()

    def check(event: Event[Reported]) -> None:
        intake.mention_of(event, context)
        intake.named_beside([event], context)
        encode([domain.pass_on(event)])  # what is left out when it is sent takes room when it is passed on

    return [domain.read_fact(place, carried, handler, wall, check) for place, carried in enumerate(events)]


async def take(tx: Transaction, facts: Iterable[Received]) -> list[TakenFact]:
    """Emit the facts that are not known; a fact is known where one was applied under its name, or taken as it is.

    What was refused after it was taken leaves its name free for a corrected fact, as on the topic.
    """
    facts = list(facts)
    applied = await find_applied(tx, ingest, {fact.name for fact in facts})
    waiting = {(fact.name, fact.content): fact for fact in reversed(facts) if fact.name not in applied}
    taken = await store.add_received(tx, waiting)
    fresh = {fact.place for name, fact in waiting.items() if name in taken}
    tx.emit(domain.pass_on(fact.event) for fact in facts if fact.place in fresh)
    return [domain.answer(fact, 202 if fact.place in fresh else 200) for fact in facts]

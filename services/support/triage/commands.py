"""Triages tickets, and learns from those whose category is known."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.support.categories import Categories
from services.support.classifier import Guess, Model, guess_all
from services.support.copies import commands as copies
from services.support.reasons import reason, texts_of
from services.support.settings import Context
from services.support.sla import commands as sla
from services.support.tickets import commands as tickets
from services.support.tickets.domain.ticket import Common, Ticket, common
from services.support.triage import store
from services.support.triage.domain.triage import Triage, decide, prioritise
from services.support.triage.domain.wording import Urgency, read
from services.support.triage.schemas import Answer, ModelView, TriageView
from services.support.triage.store import Asked
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Transient
from shared.events.insights import ScoreComputed
from shared.events.tickets import TicketOpened, TicketTriaged

EXPECTED = "expected_purchases_28d"
"""The score whose bands say what a customer is worth."""


async def triage_tickets(tx: Transaction, events: Sequence[Event[TicketOpened]]) -> int:
    """Say of each ticket what it is about, once; the number of those that had not been triaged.

    What models say is found before anything is locked. Raises Transient as long as this process has no model.
    """
    if not events:
        return 0
    context: Context = tx.context
    (version, live), shadow = _live(context), context.models.shadow
    asked = await store.load_texts(tx, {event.data.ticket_id for event in events})
    guesses, *in_shadow = await _guess(context, [live] if shadow is None else [live, shadow[1]], asked)
    opened = {event.data.ticket_id: (event.data.party_id, event.data.recorded_at) for event in events}
    slacks = await sla.slack_before(tx, opened, events[-1].now)
    decided = [
        (each.ticket_id, _decide(context, context.categories, guess, each, slacks.get(each.ticket_id)))
        for each, guess in zip(asked, guesses, strict=True)
    ]
    if not decided:
        return 0
    await copies.lock_parties(tx, sorted({each.party_id for each in asked}))
    added = await store.add_triages(tx, decided, version, events[-1].now)
    await store.add_guesses(tx, [(id_, version, triage.category) for id_, triage in decided])
    if shadow is not None:
        await store.add_guesses(tx, _said_in_shadow(shadow[0], asked, in_shadow[0]))
    answers = dict(decided)
    tx.emit(
        [
            Emission(
                data=_announce(_common_of(event.data, event.now), answers[event.data.ticket_id], version, None),
                time=event.now,
                cause=event,
            )
            for event in events
            if event.data.ticket_id in added
        ]
    )
    return len(added)


async def decide_again(
    tx: Transaction, said: Mapping[UUID, tuple[str | None, datetime]], categories: Categories, *, asks_model: bool
) -> dict[UUID, Triage]:
    """What triage says of tickets by these categories, each at a moment, of what the model said then or says now.

    Nothing is kept. Raises Transient where the model is asked and this process has none.
    """
    context: Context = tx.context
    asked = await store.load_texts(tx, said)
    guesses = (
        (await _guess(context, [_live(context)[1]], asked))[0]
        if asks_model
        else [_said(said[each.ticket_id][0]) for each in asked]
    )
    found = {}
    for each, guess in zip(asked, guesses, strict=True):
        at = said[each.ticket_id][1]
        slacks = await sla.slack_before(tx, {each.ticket_id: (each.party_id, each.recorded_at)}, at)
        found[each.ticket_id] = _decide(context, categories, guess, each, slacks.get(each.ticket_id))
    return found


def _said(category: str | None) -> Guess | None:
    return None if category is None else Guess(category, 1.0, True, (), 1.0, 1.0)


def _decide(context: Context, categories: Categories, guess: Guess | None, asked: Asked, slack: float | None) -> Triage:
    return decide(guess, read(asked.text, context.words), categories, asked.band, slack)


async def correct(
    tx: Transaction, ticket_id: UUID, category: str | None, urgency: Urgency | None, agent: str
) -> TriageView:
    """What an agent says instead of the model, which learns from it. Raises NotFound and Invalid."""
    context: Context = tx.context
    if category is not None and category not in context.categories:
        known = ", ".join(context.categories)
        raise Invalid(f"no category is called so; there are {known}", field="body.category")
    ticket = await tickets.lock_ticket(tx, ticket_id)
    before = await store.find_triage(tx, ticket_id)
    if before is None:
        raise NotFound("the ticket is not triaged yet")
    corrected = await _corrected(tx, ticket, before, category, urgency or before.urgency, agent)
    await store.save_correction(tx, ticket_id, corrected, agent, tx.now)
    if category is None:
        await store.drop_example(tx, ticket_id)
    else:
        await store.save_corrected_example(tx, ticket_id, category, tx.now)
    tx.emit([Emission(data=_announce(common(ticket, tx.now), corrected, before.model, agent), time=tx.now)])
    found = await store.find_triage(tx, ticket_id)
    assert found is not None
    return found


async def learn_from(tx: Transaction, resolved: Sequence[UUID]) -> None:
    """Tickets that were resolved as they were triaged were triaged rightly, until somebody says otherwise."""
    if resolved:
        await store.add_resolved_examples(tx, resolved, tx.now)


async def answer(tx: Transaction, text: str) -> Answer:
    """What triage would say of a text. Raises Transient as long as this process has no model."""
    context: Context = tx.context
    version, live = _live(context)
    (guess,) = await asyncio.to_thread(live.guess, [text], context.models.vectors)
    found = decide(guess, read(text, context.words), context.categories, None)
    return Answer(
        category=found.category,
        confidence=found.confidence,
        in_scope=found.in_scope,
        urgency=found.urgency,
        sentiment=found.sentiment,
        language=found.language,
        priority=found.priority,
        skills=list(found.skills),
        reasons=texts_of(found.reasons),
        because=list(found.reasons),
        model=version,
    )


async def take_back(tx: Transaction, told: TicketTriaged) -> None:
    """After a restore: what the topic tells; corrections are learned from again."""
    await store.take_back_triage(tx, told)
    if told.agent is not None and told.category is not None:
        await store.save_corrected_example(tx, told.ticket_id, told.category, told.recorded_at)


async def copy_values(tx: Transaction, events: Sequence[Event[ScoreComputed]]) -> None:
    newest: dict[UUID, tuple[UUID, str, datetime]] = {}
    for event in events:
        data = event.data
        known = newest.get(data.party_id)
        if data.score == EXPECTED and (known is None or known[2] < data.as_of):
            newest[data.party_id] = data.party_id, data.band, data.as_of
    await store.save_values(tx, list(newest.values()))


async def forget(tx: Transaction, parties: Sequence[UUID]) -> dict[UUID, int]:
    """The words of these parties' requests that reasons hold; how many triages of each held some."""
    return {party_id: await store.forget_reasons(tx, party_id) for party_id in parties}


async def forget_vectors(tx: Transaction, parties: Sequence[UUID]) -> None:
    """What the texts of these parties' requests mean. Call it once those are gone: none is made of them any more."""
    await store.forget_vectors(tx, parties)


async def list_models(tx: Transaction, below: int | None, limit: int) -> list[ModelView]:
    """Versions below `below`, newest first."""
    return await store.list_models(tx, below, limit)


async def find_triage(tx: Transaction, ticket_id: UUID) -> TriageView | None:
    return await store.find_triage(tx, ticket_id)


async def find_text(tx: Transaction, ticket_id: UUID) -> str | None:
    """What the customer asked, as triage reads it; None where no ticket has this id."""
    found = await store.load_texts(tx, [ticket_id])
    return found[0].text if found else None


async def _guess(context: Context, models: Sequence[Model], asked: Sequence[Asked]) -> list[list[Guess | None]]:
    """The answers of each model, of a thread, so that the loop goes on; None for a request without words."""
    texts = [each.text for each in asked if each.text]
    found = await asyncio.to_thread(guess_all, models, texts, context.models.vectors)
    answers = [iter(each) for each in found]
    return [[next(of_model) if each.text else None for each in asked] for of_model in answers]


def _said_in_shadow(
    version: int, asked: Sequence[Asked], guesses: Sequence[Guess | None]
) -> list[tuple[UUID, int, str | None]]:
    """What the model that is tried out would have said."""
    said = [guess.category if guess is not None and guess.in_scope else None for guess in guesses]
    return [(each.ticket_id, version, category) for each, category in zip(asked, said, strict=True)]


async def _corrected(
    tx: Transaction, ticket: Ticket, before: TriageView, category: str | None, urgency: Urgency, agent: str
) -> Triage:
    context: Context = tx.context
    (asked,) = await store.load_texts(tx, [ticket.id])
    chosen = context.categories[category] if category is not None else None
    priority, because = prioritise(chosen, urgency, asked.band, await sla.slack_of(tx, ticket.id))
    languages = [skill for skill in before.skills if skill.startswith("language:")]
    return Triage(
        category=category,
        confidence=1.0,
        in_scope=category is not None,
        urgency=urgency,
        sentiment=before.sentiment,
        language=before.language,
        priority=priority,
        skills=(*(chosen.skills if chosen else ()), *languages),
        reasons=(reason("corrected", agent=agent), because),
    )


def _live(context: Context) -> tuple[int, Model]:
    if context.models.live is None:
        raise Transient("the model of triage is being trained")
    return context.models.live


def _common_of(opened: TicketOpened, now: datetime) -> Common:
    return Common(
        ticket_id=opened.ticket_id,
        party_id=opened.party_id,
        request_event_id=opened.request_event_id,
        recorded_at=now,
    )


def _announce(shared: Common, triage: Triage, model: int, agent: str | None) -> TicketTriaged:
    return TicketTriaged(
        **shared,
        category=triage.category,
        confidence=triage.confidence,
        urgency=triage.urgency,
        sentiment=triage.sentiment,
        language=triage.language,
        priority=triage.priority,
        skills=triage.skills,
        model_version=model,
        agent=agent,
    )

"""Tries rules of triage and routing on tickets of the past; nothing is written."""

import asyncio
from collections.abc import Mapping, Sized
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.support.backtest import store
from services.support.backtest.commands.figures import summarise
from services.support.backtest.domain import History, Past, Present, Rules, replay
from services.support.backtest.schemas import RulesBacktest, RulesDraft
from services.support.categories import Categories, fault_of_queues
from services.support.routing.commands import agents as routing, assignments
from services.support.routing.domain.agent import Agent
from services.support.routing.schemas import AgentDefinition
from services.support.settings import Context
from services.support.sla import commands as sla
from services.support.triage import commands as triage
from shared.engine.transaction import Transaction
from shared.errors import Invalid

MOST_TICKETS = 5_000
LONGEST = timedelta(days=92)


async def backtest(tx: Transaction, draft: RulesDraft) -> RulesBacktest:
    """What would have become of the tickets of a time. Raises Invalid for rules that could not go live, and a time that
    is too long; Transient where the model is asked and there is none.
    """
    context: Context = tx.context
    until = end_of(draft.since, draft.until, tx.now)
    categories = _categories(context, draft)
    past = await store.load_past(tx, draft.since, until, MOST_TICKETS + 1)
    require_few(past)
    said = {each.id: (each.guessed, each.decided_at) for each in past}
    triages = await triage.decide_again(tx, said, categories, asks_model=draft.asks_model) if past else {}
    rules, presences = await _load_rules(tx, draft, past)
    tickets = [each.id for each in past]
    held = await store.load_held(tx, draft.since)
    concerned = [*tickets, *(each.ticket_id for each in held)]
    history = History(
        past,
        await store.load_moves(tx, concerned, until),
        await store.load_escalations(tx, tickets, until),
        [*await store.load_presences(tx, draft.since, until), *presences],
        held,
    )
    replayed = await asyncio.to_thread(replay, history, rules, triages, draft.since, until)
    return summarise(past, triages, replayed.first, rules, (draft.since, until), draft.shown)


def end_of(since: datetime, until: datetime, now: datetime) -> datetime:
    """The end of a time that is tried, as far as it has passed. Raises Invalid for one that is too long or to come."""
    end = min(until, now)
    if not timedelta(0) < end - since <= LONGEST:
        raise Invalid(
            f"from since to until is a time that has passed, of at most {LONGEST.days} days", field="body.since"
        )
    return end


def require_few(tickets: Sized) -> None:
    """Raises Invalid for more tickets than are tried at once."""
    if len(tickets) > MOST_TICKETS:
        raise Invalid(f"more than {MOST_TICKETS:,} tickets: take a shorter time", field="body.since")


def _categories(context: Context, draft: RulesDraft) -> Categories:
    if unknown := draft.categories.keys() - context.categories.keys():
        raise Invalid(f"no category is called {min(unknown)}", field="body.categories")
    changed = {
        name: context.categories[name].model_copy(update={"impact": rule.impact, "skills": rule.skills})
        for name, rule in draft.categories.items()
    }
    return {**context.categories, **changed}


async def _load_rules(tx: Transaction, draft: RulesDraft, past: list[Past]) -> tuple[Rules, list[Present]]:
    """The rules, and that those who are new are there."""
    context: Context = tx.context
    queues = draft.queues or list(context.queues)
    if (fault := fault_of_queues(queues)) is not None:
        raise Invalid(fault, field="body.queues")
    calendars, names = await sla.load_calendars(tx), {queue.name for queue in queues}
    for name, definition in draft.agents.items():
        if unknown := set(definition.queues) - names:
            raise Invalid(f"no queue is called {min(unknown)}", field=f"body.agents.{name}")
        if definition.calendar is not None and definition.calendar not in calendars:
            raise Invalid(f"no calendar is called {definition.calendar}", field=f"body.agents.{name}")
    known = {each.id: each for each in await routing.load_agents(tx)}
    agents = _agents(known, draft.agents)
    rules = Rules(queues, agents, calendars, await _managers(tx, past))
    return rules, [Present(name, draft.since, "online") for name in draft.agents if name not in known]


def _agents(known: Mapping[str, Agent], drafted: Mapping[str, AgentDefinition]) -> list[Agent]:
    """Everybody offline, until history says where they were; who was removed since was there before."""
    before = {
        name: replace(each, presence="offline", last_assigned_at=None, removed=None) for name, each in known.items()
    }
    changed = {
        name: Agent(
            name, 1, frozenset(new.skills), tuple(sorted(set(new.queues))), new.capacity, new.calendar, "offline"
        )
        for name, new in drafted.items()
    }
    return [each for _, each in sorted({**before, **changed}.items())]


async def _managers(tx: Transaction, past: list[Past]) -> dict[UUID, str]:
    """As agreements say by the end of the time."""
    parties = {each.party_id for each in past}
    return await assignments.find_managers(tx, parties, max(each.decided_at for each in past)) if past else {}

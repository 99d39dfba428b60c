"""Tries policies and calendars on tickets of the past, by the clocks that run live; nothing is written."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.support.backtest import store
from services.support.backtest.commands import MOST_TICKETS, end_of, require_few
from services.support.backtest.schemas import (
    BacktestedPromise,
    PromiseFate,
    PromiseFigures,
    PromisesBacktest,
    PromisesDraft,
)
from services.support.sla import commands as sla
from services.support.sla.domain.clock import Clock, ClockState
from services.support.sla.domain.promise import PastPromise, Rule
from shared.engine.transaction import Transaction
from shared.events.tickets import SlaMetric


async def backtest_promises(tx: Transaction, draft: PromisesDraft) -> PromisesBacktest:
    """How the clocks of a time's tickets would have stood at its end. Raises Invalid for rules that could not go live,
    and a time that is too long.
    """
    until = end_of(draft.since, draft.until, tx.now)
    rules = await sla.draft_rules(tx, draft.policies, draft.calendars)
    numbers = await store.load_promised(tx, draft.since, until, MOST_TICKETS + 1)
    require_few(numbers)
    pasts = {each.ticket.id: each for each in await sla.load_pasts(tx, numbers)}
    ordered = [pasts[each] for each in numbers if each in pasts]
    # Clocks of many tickets take a moment.
    measured = await asyncio.to_thread(_measure, ordered, rules, until)
    return _summarise(ordered, measured, numbers, rules, draft, until)


Either = tuple[list[Clock], list[Clock]]
"""The clocks of a ticket as they were promised, and as they would have been."""


def _measure(pasts: Sequence[PastPromise], rules: Mapping[str, Rule], until: datetime) -> list[Either]:
    return [
        (each.measured(each.promise.rule, until), each.measured(rules[each.promise.rule.name], until)) for each in pasts
    ]


def _summarise(
    pasts: Sequence[PastPromise],
    measured: Sequence[Either],
    numbers: Mapping[UUID, int],
    rules: Mapping[str, Rule],
    draft: PromisesDraft,
    until: datetime,
) -> PromisesBacktest:
    changed = [
        BacktestedPromise(
            ticket_id=past.ticket.id,
            number=numbers[past.ticket.id],
            before=_fate(past.promise.rule, before, until),
            after=_fate(rules[past.promise.rule.name], after, until),
        )
        for past, (before, after) in zip(pasts, measured, strict=True)
        if _states(before, until) != _states(after, until)
    ]
    return PromisesBacktest(
        since=draft.since,
        until=until,
        tickets=len(pasts),
        changed=len(changed),
        before=_figures((before for before, _ in measured), until),
        after=_figures((after for _, after in measured), until),
        items=changed[: draft.shown],
    )


def _states(clocks: Iterable[Clock], until: datetime) -> set[tuple[SlaMetric, int, ClockState]]:
    return {(each.metric, each.cycle, each.state(until)) for each in clocks}


def _fate(rule: Rule, clocks: Iterable[Clock], until: datetime) -> PromiseFate:
    views = [sla.view_of(each, until) for each in clocks]
    return PromiseFate(policy=rule.name, policy_version=rule.version, clocks=views)


def _figures(measured: Iterable[Sequence[Clock]], until: datetime) -> PromiseFigures:
    clocks: dict[SlaMetric, dict[ClockState, int]] = {}
    warned: dict[SlaMetric, int] = {}
    for each in (clock for found in measured for clock in found):
        counts, state = clocks.setdefault(each.metric, {}), each.state(until)
        counts[state] = counts.get(state, 0) + 1
        warned[each.metric] = warned.get(each.metric, 0) + each.warned(until)
    return PromiseFigures(clocks=clocks, warned=warned)

"""What rules changed: the fate of each ticket before and after, and what they add up to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.support.backtest.domain import Given, Past, Rules
from services.support.backtest.schemas import BacktestedTicket, Fate, FateFigures, RulesBacktest
from services.support.reasons import texts_of
from services.support.routing.domain.choice import queue_of
from services.support.triage.domain.triage import Triage

_COMPARED = ("category", "priority", "queue", "agent")


def fate_before(past: Past, until: datetime) -> Fate:
    """As it was, of what happened before the end of the time."""
    given = past.given_at is not None and past.given_at < until
    return Fate(
        category=past.guessed,
        priority=past.priority,
        queue=past.queue,
        agent=past.agent if given else None,
        waited_s=(past.given_at - past.decided_at).total_seconds() if given and past.given_at is not None else None,
    )


def fate_after(past: Past, triage: Triage, given: Given | None, rules: Rules) -> Fate:
    return Fate(
        category=triage.category,
        priority=triage.priority,
        queue=queue_of(triage.skills, rules.queues).name,
        agent=given.agent if given else None,
        waited_s=(given.at - past.decided_at).total_seconds() if given else None,
    )


def summarise(
    tickets: Sequence[Past],
    triages: Mapping[UUID, Triage],
    first: Mapping[UUID, Given],
    rules: Rules,
    span: tuple[datetime, datetime],
    shown: int,
) -> RulesBacktest:
    """Every ticket is counted; those that differ are shown, up to so many."""
    rows = [
        (each, fate_before(each, span[1]), fate_after(each, triages[each.id], first.get(each.id), rules))
        for each in tickets
    ]
    changed: Counter[str] = Counter(dict.fromkeys(_COMPARED, 0))
    differing: list[BacktestedTicket] = []
    for past, before, after in rows:
        names = [name for name in _COMPARED if getattr(before, name) != getattr(after, name)]
        changed.update(names)
        if names and len(differing) < shown:
            because = list(first[past.id].why) if past.id in first else []
            differing.append(
                BacktestedTicket(
                    ticket_id=past.id,
                    number=past.number,
                    before=before,
                    after=after,
                    why=texts_of(because),
                    because=because,
                )
            )
    return RulesBacktest(
        since=span[0],
        until=span[1],
        tickets=len(rows),
        changed=dict(changed),
        before=_figures(before for _, before, _ in rows),
        after=_figures(after for _, _, after in rows),
        items=differing,
    )


def _figures(fates: Iterable[Fate]) -> FateFigures:
    found = list(fates)
    waited = sorted(each.waited_s for each in found if each.waited_s is not None)
    return FateFigures(
        given=len(waited),
        waited_p50_s=_share(waited, 50),
        waited_p95_s=_share(waited, 95),
        by_priority=dict(Counter(each.priority for each in found)),
        by_queue=dict(Counter(each.queue for each in found if each.queue is not None)),
        by_agent=dict(Counter(each.agent for each in found if each.agent is not None)),
    )


def _share(ordered: Sequence[float], percent: int) -> float | None:
    """The least value that so many of a hundred do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None

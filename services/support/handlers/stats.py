"""Figures of tickets."""

from collections.abc import Sequence

import structlog

from services.support.stats import commands as stats
from services.support.stats.domain.counting import Counted
from services.support.subscriptions import sla, stats as hears
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@hears.topic("crm.tickets")
async def count_tickets(events: Sequence[Event[Counted]], tx: Transaction) -> None:
    """Each ticket is counted anew, and what gets out of hand by that is told."""
    about = await stats.count(tx, events)
    told = await stats.judge(tx, about, max(event.now for event in events))
    log.info("tickets_counted", events=len(events), told=told)


@sla.timer(stats.TIMER, locks_first=stats.lock_warnings)
async def clear_warnings(due: Sequence[Due], tx: Transaction) -> None:
    """Warnings that may be over because nothing happened, by the clock of a group that hears one."""
    told = await stats.judge_again(tx, {timer.id for timer in due}, max(timer.now for timer in due))
    log.info("warnings_looked_at", due=len(due), told=told)

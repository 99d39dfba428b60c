"""The history of every party: a line an event, whoever published it, and what adds up from them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from services.contacts.settings import Context
from services.contacts.timeline import domain, store
from services.contacts.timeline.schemas import LineView
from services.contacts.timeline.store import Sought
from shared.engine.event import Event
from shared.engine.months import Months, opening_months
from shared.engine.transaction import Transaction

log = structlog.get_logger()

open_months = opening_months(store.SQL["open_line_month"])
"""The worker that opens a table for each month of lines."""


def months_in_use() -> Months:
    """What an application remembers of the months that hold lines."""
    return Months(store.SQL["find_months_in_use"])


async def add_lines(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """A line for each event."""
    await store.add_lines(tx, domain.lines_of(events))
    log.info("timeline_extended", lines=len(events))


async def load_lines_at(tx: Transaction, family: Sequence[UUID], at: datetime, limit: int) -> list[LineView]:
    """The newest of a party and those merged into it, as they were known at a time."""
    context: Context = tx.context
    lines = await store.load_lines(tx, context.months, family, Sought(None, None, limit, at))
    return [LineView.model_validate_json(each.body) for each in lines]


async def add_totals(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """What parties paid and were paid back, per currency."""
    await store.add_totals(tx, domain.fold_totals(events))


async def save_messages(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Where each message stands after these events."""
    await store.save_messages(tx, domain.fold_messages(events))


async def save_tickets(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Where each ticket stands after these events."""
    await store.save_tickets(tx, domain.fold_tickets(events))

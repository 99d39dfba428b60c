"""The history of every party: a line an event, whoever published it, and what adds up from them."""

from collections.abc import Sequence
from typing import Any

import structlog

from services.contacts.timeline import domain, store
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


async def add_totals(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """What parties paid and were paid back, per currency."""
    await store.add_totals(tx, domain.fold_totals(events))


async def save_messages(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Where each message stands after these events."""
    await store.save_messages(tx, domain.fold_messages(events))


async def save_tickets(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Where each ticket stands after these events."""
    await store.save_tickets(tx, domain.fold_tickets(events))

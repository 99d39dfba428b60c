"""What parties allow and take back."""

from collections.abc import Sequence
from typing import Any

from services.contacts.consents import domain, store
from shared.engine.event import Event
from shared.engine.transaction import Transaction


async def save_consents(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Keep, of each kind, the statement that decides after these events."""
    stated = domain.fold_statements(events)
    if not stated:
        return
    known = await store.load_statements(tx, stated)
    if deciding := domain.outranking(stated, known):
        await store.save_statements(tx, deciding)

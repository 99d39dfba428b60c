"""Corrects the totals of parties whose sales were revised or paid back."""

from collections.abc import Sequence
from typing import Any

from services.contacts.returns import domain, store
from shared.engine.event import Event
from shared.engine.transaction import Transaction


async def correct_totals(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """A refund of a cancelled sale counts for nothing, and the first and the last sale are ones that stand.

    The totals and the lines have these events already.
    """
    revised, refunds = domain.fold_revised(events), domain.fold_refunds(events)
    if not revised and not refunds:
        return
    touched = sorted({*revised, *(sale for sale, _ in refunds)})
    before = await store.load_void_refunds(tx, touched)
    await store.save_revised(tx, revised)
    await store.add_refunds(tx, refunds)
    void = domain.difference(before, await store.load_void_refunds(tx, touched))
    await store.take_off_refunds(tx, void)
    await store.correct_times(tx, {party_id for party_id, _, _ in revised})

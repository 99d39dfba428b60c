"""Moves the lifecycles of parties, set-wise."""

from collections.abc import Container, Iterable
from typing import Any, NamedTuple
from uuid import UUID

from services.contacts.domain.lifecycle import Entry, Heard, Signal, advance, entered
from services.contacts.domain.party import Party
from services.contacts.store import parties as store
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.events.contacts import LifecycleChanged


class Fact(NamedTuple):
    """A fact of a party: what it means for the stages, when it happened, and the event that it came with."""

    party: Party
    signal: Signal
    entry: Entry
    event: Event[Any]


async def follow(tx: Transaction, facts: Iterable[Fact], founded: Container[UUID]) -> dict[UUID, list[Emission]]:
    """Set the new lifecycles on the parties, which the caller saves; returns what to publish of each that moved.

    Leave out what a lifecycle ignores: it is most, and costs nothing then.
    """
    heard: dict[UUID, Heard] = {}
    last: dict[UUID, Fact] = {}
    for fact in facts:
        heard.setdefault(fact.party.id, Heard()).add(fact.signal, fact.entry)
        last[fact.party.id] = fact
    sold = [party_id for party_id, signals in heard.items() if signals.sale and party_id not in founded]
    waiting = await store.load_cares(tx, sold) if sold else {}

    moved, kept = {}, []
    for party_id, signals in heard.items():
        party, before = last[party_id].party, last[party_id].party.lifecycle
        party.lifecycle, cares = advance(before, signals, waiting.get(party_id, ()))
        kept += [(party_id, care) for care in cares]
        if stages := entered(before, party.lifecycle):
            moved[party_id] = [_changed(last[party_id], stage, entry) for stage, entry in stages]
    await store.add_cares(tx, kept)
    return moved


def _changed(fact: Fact, stage: str, entry: Entry) -> Emission:
    data = LifecycleChanged(
        party_id=fact.party.id,
        stage=stage,
        current=fact.party.lifecycle.current,
        entered_at=entry.at,
        cause_event_id=entry.event_id,
        recorded_at=fact.event.now,
    )
    return Emission(data, entry.at, fact.event, None, fact.party.partition)

"""Moves the lifecycles of parties, set-wise."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from services.contacts.intake.commands.facts import Facts
from services.contacts.lifecycle import domain, store
from services.contacts.lifecycle.domain import SIGNALS, Signal, Signals
from services.contacts.parties import commands as parties
from services.contacts.parties.domain.party import STAGES, Entry, Party
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.events.contacts import LifecycleChanged
from shared.events.ingest import Reported, ReportedProfile
from shared.ids import dated_id


class _Step(NamedTuple):
    """A fact that may move the stages of its party: what it means for them, and the entry that it would be."""

    party: Party
    signal: Signal
    entry: Entry
    event: Event[Reported]


async def follow(tx: Transaction, facts: Facts) -> None:
    """Move the stages of the parties by their new facts, and emit every stage that was entered or whose entry moved."""
    signals: dict[UUID, Signals] = {}
    last: dict[UUID, _Step] = {}
    for step in _steps(facts):
        signals.setdefault(step.party.id, Signals()).add(step.signal, step.entry)
        last[step.party.id] = step
    founded = facts.admitted.resolution.founded
    sold = [party_id for party_id, own in signals.items() if own.sales and party_id not in founded]
    waiting = await store.load_engagements(tx, sold) if sold else {}

    kept = []
    for party_id, own in signals.items():
        party, before = last[party_id].party, last[party_id].party.lifecycle
        party.lifecycle, engagements = domain.advance(before, own, waiting.get(party_id, ()))
        kept += [(party_id, engagement) for engagement in engagements]
        if entered := domain.entered(before, party.lifecycle):
            facts.admitted.unsaved.add(party_id)
            tx.emit(_announce_entry(last[party_id], stage, entry) for stage, entry in entered)
    await store.add_engagements(tx, kept)


async def take_back(tx: Transaction, changes: Sequence[Event[LifecycleChanged]]) -> None:
    """After a restore: the stages as they were told, so that facts that come again one by one tell no later entry."""
    known = await parties.lock_parties(tx, {event.data.party_id for event in changes})
    for event in changes:
        data, party = event.data, known.get(event.data.party_id)
        if party is not None and data.stage in STAGES:
            told = Entry(data.entered_at, data.cause_event_id)
            party.lifecycle = domain.take_back(party.lifecycle, data.stage, told)
    await parties.save_parties(tx, known.values())


def _steps(facts: Facts) -> Iterator[_Step]:
    """Leaves out what a lifecycle ignores, which is most. A profile is published as the change that it made, if any."""
    for _, event, party, _, fact_id in facts.fresh:
        signal = SIGNALS.get(type(event.data))
        if signal is None or domain.ignores(party.lifecycle, signal, event.time):
            continue
        profile = isinstance(event.data, ReportedProfile)
        event_id = str(facts.admitted.described.get(party.id, event.id) if profile else fact_id)
        yield _Step(party, signal, Entry(event.time, event_id), event)


def _announce_entry(step: _Step, stage: str, entry: Entry) -> Emission:
    data = LifecycleChanged(
        party_id=step.party.id,
        stage=stage,
        current=step.party.lifecycle.current,
        entered_at=entry.at,
        cause_event_id=entry.event_id,
        recorded_at=step.event.now,
    )
    # Named by its entry alone: facts that come again after a restore come in other batches.
    event_id = dated_id(int(entry.at.timestamp() * 1000), "lifecycle", step.party.id, stage, entry.event_id)
    return Emission(data, entry.at, step.event, event_id, step.party.partition)

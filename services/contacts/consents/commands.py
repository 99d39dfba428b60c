"""What parties allow and take back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contacts.consents import domain, store
from services.contacts.consents.domain import CONFIRMATIONS
from services.contacts.consents.schemas import Confirmed, ConsentView
from services.contacts.parties import commands as parties
from services.contacts.settings import Context
from shared.engine.event import Emission, Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused

TIMER = "consent expiry"
_ONE = UUID(int=0)


class Lapsed(Refused):
    """It was to be confirmed earlier."""

    status = 410
    reason = "expired"


class NotRequested(Refused):
    """There is nothing to confirm: it was no request, or was withdrawn since."""

    status = 409
    reason = "not_requested"


async def keep(tx: Transaction, published: Sequence[Emission]) -> None:
    """Add what was said of consents to their history, and set the timers of those that end."""
    records = domain.records_of(published)
    if records:
        await store.add_records(tx, records)
        if ends := domain.ends_of(published):
            await tx.set_timers(TIMER, ends)


async def save_consents(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Keep, of each kind, the statement that decides after these events."""
    stated = domain.fold_statements(events)
    if not stated:
        return
    known = await store.load_statements(tx, stated)
    if deciding := domain.outranking(stated, known):
        await store.save_statements(tx, deciding)


async def expire(tx: Transaction, due: Sequence[Due]) -> int:
    """Tell of those of these consents that still decide that they ended; returns how many."""
    ending = await store.load_records(tx, [each.id for each in due])
    known = await parties.lock_parties(tx, {record.party_id for record in ending})
    history = await store.load_histories(tx, known)
    emissions = []
    for record in sorted(ending, key=lambda each: (each.expires_at, each.event_id)):
        party = known.get(record.party_id)
        if party is not None and domain.still_decides(record, history[party.id]):
            emissions.append(domain.announce_expiry(record, party.version, party.partition, tx.now))
    if emissions:
        tx.emit(emissions)
        await store.add_records(tx, domain.records_of(emissions))
    return len(emissions)


async def load_state(tx: Transaction, party_id: UUID, at: datetime) -> list[ConsentView]:
    """What the party allows at a time, by what was recorded until then, each kind with whether it holds."""
    return await load_family_state(tx, [party_id], at)


async def load_family_state(tx: Transaction, family: Collection[UUID], at: datetime) -> list[ConsentView]:
    """The same of several parties that are one."""
    histories = (await store.load_histories(tx, family)).values()
    known = [record._replace(party_id=_ONE) for records in histories for record in records if record.recorded_at <= at]
    stated = domain.fold_records(known)
    return domain.decide_consents([domain.view_stated(stated[key]) for key in sorted(stated)], at)


async def confirm(tx: Transaction, event_id: UUID, evidence: str) -> Confirmed:
    """The customer said again what was requested: from here it goes the way of every fact.

    Raises NotFound, NotRequested, and Lapsed where the time to confirm it is over.
    """
    context: Context = tx.context
    record = next(iter(await store.load_records(tx, [event_id])), None)
    if record is None:
        raise NotFound("no consent has this id")
    if record.said != "requested":
        raise NotRequested("nothing was requested here")
    if tx.now > record.recorded_at + context.confirm_within:
        raise Lapsed("the time to confirm it is over; the customer may ask anew")
    if domain.was_withdrawn(record, (await store.load_histories(tx, [record.party_id]))[record.party_id]):
        raise NotRequested("the customer has withdrawn it since")
    emission = domain.announce_confirmation(record, evidence, tx.now)
    tx.emit([emission])
    return Confirmed(source=CONFIRMATIONS, id=str(emission.id))

"""Amendments and cancellations: which of them hold, and which wait for their sales."""

from collections.abc import Iterable, Mapping
from typing import cast
from uuid import UUID

from services.contacts.intake import store
from services.contacts.intake.commands.facts import Fact, Revision, of_owner
from services.contacts.intake.domain.sales import Revised, SaleName, Standing, judge, revise
from services.contacts.intake.domain.waiting import Waiting, resume, send_again, wait
from services.contacts.parties.domain.party import Party
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.ingest import ReportedAmendment, ReportedCancellation


def is_revision(fact: Fact) -> bool:
    return isinstance(fact.event.data, ReportedAmendment | ReportedCancellation)


async def apply_revisions(tx: Transaction, told: Iterable[Fact], sold: Mapping[SaleName, Party]) -> list[Revision]:
    """Those revisions that hold from now on, in their order; of a sale that is not known yet the highest is kept.

    `sold` are the sales that this transaction tells, with their parties. What waited for one of another party goes to
    crm.ingest again, where it parks as every conflict does. Raises Conflict as `judge` does.
    """
    facts = [((fact.event.source, cast("Revised", fact.event.data).sale_id), fact) for fact in told]
    named = {name for name, _ in facts}
    waiting = await store.load_waiting(tx, sold) if sold else []
    if not facts and not waiting:
        return []
    standing = await store.lock_sales(tx, named | {name for name, _ in waiting})
    if unknown := named - standing.keys():
        await store.reserve_sales(tx, unknown)
        standing |= await store.lock_sales(tx, unknown)
    before = dict(standing)
    tx.emit(send_again(each) for name, each in waiting if each.party_id != sold[name].id)
    revisions = [*_resumed(waiting, sold, standing)]
    later: dict[tuple[SaleName, UUID], Waiting] = {}
    for name, told_fact in facts:
        fact, event = told_fact, cast("Event[Revised]", told_fact.event)
        if name in standing:
            fact = await of_owner(tx, told_fact, standing[name].party_id)
            if judge(standing[name], fact.party.id, event.data) == "holds":
                revisions.append(Revision(event, fact.party, fact.identity, name, standing[name]))
                standing[name] = revise(standing[name], event.data)
        elif (name, fact.party.id) not in later or later[name, fact.party.id].revision < event.data.revision:
            later[name, fact.party.id] = wait(event, fact.party.id, fact.identity)
    await store.add_waiting(tx, later)
    await store.forget_waiting(tx, {name for name, _ in waiting})
    await store.save_revisions(tx, {name: each for name, each in standing.items() if each != before[name]})
    return revisions


def _resumed(
    waiting: Iterable[tuple[SaleName, Waiting]], sold: Mapping[SaleName, Party], standing: dict[SaleName, Standing]
) -> Iterable[Revision]:
    """What waited for these sales, and holds now."""
    for name, each in waiting:
        if each.party_id == sold[name].id:
            event = resume(each)
            yield Revision(event, sold[name], each.identity, name, standing[name])
            standing[name] = revise(standing[name], event.data)

"""Descriptions and erasures of parties."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from services.support.copies import commands as copies
from services.support.disputes import commands as disputes
from services.support.letters import commands as letters
from services.support.mail import commands as mail
from services.support.subscriptions import tickets as hears
from services.support.subtasks import commands as subtasks
from services.support.tickets import commands as tickets
from services.support.triage import commands as triage
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed
from shared.http.idempotency import forget_answers

log = structlog.get_logger()


@hears.topic("crm.parties")
async def copy_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """Keep the newest copy of each party; an erased one loses its texts here too, for ever."""
    erased = await copies.copy_parties(tx, events)
    parties = list(dict.fromkeys(each.party_id for each in erased))  # one may be told twice
    tickets.confirm(tx, erased, await forget_parties(tx, parties))
    log.info("parties_copied", parties=len(events), erased=len(erased))


async def forget_parties(tx: Transaction, parties: Sequence[UUID]) -> dict[str, dict[UUID, int]]:
    """What is kept of erased parties beside their copies goes; how much there was, by table and party."""
    await letters.forget(tx, parties)
    await mail.forget(tx, parties)
    others = {
        "triage": await triage.forget(tx, parties),
        "dispute": await disputes.forget(tx, parties),
        "subtask": await subtasks.forget(tx, parties),
    }
    forgotten = await tickets.forget(tx, parties) | others
    await triage.forget_vectors(tx, parties)
    await forget_answers(tx, [*parties, *await tickets.find_tickets_of(tx, parties)])
    return forgotten

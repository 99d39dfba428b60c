"""Who the parties are: marketing's own copy, with the address that it writes to."""

from collections.abc import Collection, Sequence
from uuid import UUID

import structlog

from services.marketing.copies import commands as copies
from services.marketing.mailings import commands as mailings
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from services.marketing.suppressions import commands as suppressions
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed
from shared.http.idempotency import forget_answers

log = structlog.get_logger()


@hears.topic("crm.parties")
async def copy_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """The newest description of each party holds; an erased one keeps nothing but that it was erased."""
    await segments.note_descriptions(tx, events)
    parties = await copies.copy_parties(tx, events)
    await suppressions.stop_described(tx, events)
    letters = await forget_parties(tx, [each.party_id for each in parties.erasures])
    sending.confirm(tx, parties.erasures, letters)
    log.info("parties_copied", described=len(parties.described), erased=len(parties.erased))


async def forget_parties(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, int]:
    """What is kept of erased parties beside their copies goes; how many letters to each there are."""
    letters = await sending.forget(tx, parties)
    await mailings.forget(tx, parties)
    await forget_answers(tx, parties)
    return letters

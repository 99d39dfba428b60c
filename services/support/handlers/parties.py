"""What support learns from the descriptions of parties."""

from collections.abc import Sequence

import structlog

from services.support import store
from services.support.domain import party
from services.support.subscriptions import tickets as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed

log = structlog.get_logger()


@hears.topic("crm.parties")
async def keep_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """Keep the newest copy of each party; an erased one loses its texts here too, for ever."""
    parties = party.newest(events)
    erased = [each.id for each in parties if each.erased]
    await store.save_parties(tx, parties)
    await store.erase_texts(tx, erased)
    log.info("parties_kept", parties=len(parties), erased=len(erased))

"""Looks at merges that nobody asked for by each new version of the rules, and doubts those that it would not make.

None is taken back by itself: people undo it or confirm it.
"""

import asyncio

import structlog

from services.contacts.matching.commands.doubting import are_all_read, doubt
from services.contacts.matching.domain.traits import RULES
from services.contacts.merges import store
from shared.engine.service import Service
from shared.engine.transaction import Transaction

log = structlog.get_logger()
_LOOK_S = 60.0
_AT_ONCE = 100


async def doubt_unasked(service: Service) -> None:
    """A worker. Whatever is killed in it begins again where it was."""
    while True:
        await look_at_all(service)
        await asyncio.sleep(_LOOK_S)


async def look_at_all(service: Service) -> None:
    """Until all were looked at by the rules of this version, or another instance does that."""
    looked_at = 1
    while looked_at:
        async with service.transaction() as tx:
            looked_at = await look_at_next(tx, _AT_ONCE)
        if looked_at:
            log.info("merges_looked_at", merges=looked_at)


async def look_at_next(tx: Transaction, limit: int) -> int:
    """How many merges were looked at: none as long as parties are read anew, since they are judged by that."""
    merges = await store.lock_unasked(tx, RULES, limit)
    if not merges or not await are_all_read(tx):
        return 0
    looked_at = [each.id for each in merges if await doubt(tx, *each[1:])]
    await store.save_looked_at(tx, looked_at, RULES)
    return len(looked_at)

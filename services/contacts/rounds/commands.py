"""Looks at all parties once by each new policy, some at a time, whichever member of the service does it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from services.contacts.parties import commands as parties
from services.contacts.parties.domain.party import Party
from services.contacts.rounds import store
from services.contacts.settings import Context
from shared.engine.service import Service
from shared.engine.transaction import Transaction

log = structlog.get_logger()
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Round:
    """What is done to locked parties, returning how many it concerned, and the digest of the policy it is done by."""

    work: str
    digest: Callable[[Context], str]
    look: Callable[[Transaction, Sequence[Party]], Awaitable[int]]

    async def keep(self, service: Service) -> None:
        """A worker. Does it where it was done by another policy, or not yet."""
        async with service.transaction() as tx:
            await self.begin(tx)
        is_over = False
        while not is_over:
            async with service.transaction() as tx:
                is_over = await self.go_on(tx)

    async def begin(self, tx: Transaction) -> None:
        await store.begin_round(tx, self.work, self.digest(tx.context))

    async def go_on(self, tx: Transaction) -> bool:
        """Do it to some parties; returns whether nothing is left to do here."""
        policy = self.digest(tx.context)
        begun = await store.lock_round(tx, self.work, policy)
        if begun is None:
            return True
        known = await parties.lock_after(tx, begun[0], _AT_ONCE)
        concerned = await self.look(tx, known)
        is_over = len(known) < _AT_ONCE
        await store.save_round(tx, self.work, policy, known[-1].id if known else begun[0], tx.now if is_over else None)
        log.info("parties_looked_at", work=self.work, parties=len(known), concerned=concerned)
        return is_over

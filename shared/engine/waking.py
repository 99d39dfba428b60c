"""How the relays learn of new rows in the outbox: in this process by an event, in others by a NOTIFY."""

import asyncio
import contextlib
from collections.abc import Sequence

from shared.engine.database import Database
from shared.engine.postgres import SQL
from shared.engine.relay import Relay

_CHANNEL = "rapport_outbox"
_LOOK_S = 30


class Waking:
    """Wakes the relays of this process, and those that other instances hold."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.relays: Sequence[Relay] = ()

    async def emitted(self) -> None:
        """Wake the relays of all instances. Call it after the commit, so that they see the rows."""
        self._wake()
        if not all(relay.holding for relay in self.relays):
            # A relay looks for itself too, so that a lost notice only costs it a moment.
            with contextlib.suppress(Exception):
                await self._database.main.execute(SQL["notify_relays"], _CHANNEL)

    async def listen(self) -> None:
        """Wake the relays of this process when another instance emits; ends only by an error."""
        async with self._database.main.acquire() as connection:
            await connection.add_listener(_CHANNEL, self._wake)
            try:
                while True:
                    await asyncio.sleep(_LOOK_S)
                    await connection.execute("select 1")
            finally:
                with contextlib.suppress(Exception):
                    await connection.remove_listener(_CHANNEL, self._wake)

    def _wake(self, *_: object) -> None:
        for relay in self.relays:
            relay.woken.set()

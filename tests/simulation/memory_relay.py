"""The outbox in memory, for simulation."""

from collections.abc import Sequence

from shared.engine.ledger import Outgoing
from shared.errors import Transient
from tests.simulation.memory import MemoryDatabase


class MemoryRelayLedger:
    """The outbox, held by one relay at a time; a later holder ends the session of an earlier one."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._positions = dict(database.tables.positions)
        database.relay = self

    async def keep(self) -> None:
        await self._database.pause()
        if self._database.relay is not self:
            raise Transient("the relay lost its session")

    async def stored(self) -> list[tuple[Outgoing, int]]:
        await self.keep()
        tables = self._database.tables
        batch = [(tables.outbox[id_], sequence) for id_, sequence in tables.batch]
        for row, sequence in batch:
            place = (row.topic, row.partition)
            self._positions[place] = max(sequence, self._positions.get(place, 0))
        return batch

    async def store(self, sent: Sequence[tuple[Outgoing, int]], limit: int) -> list[tuple[Outgoing, int]]:
        await self.keep()
        tables = self._database.tables
        self._sort_aside({row.id for row, _ in sent})
        await self.keep()
        for row, sequence in sent:
            del tables.outbox[row.id]
            place = (row.topic, row.partition)
            tables.positions[place] = max(sequence, tables.positions.get(place, 0))
        batch = []
        held = self.held()
        for id_ in [id_ for id_ in sorted(tables.outbox) if tables.outbox[id_].key not in held][:limit]:
            row = tables.outbox[id_]
            place = (row.topic, row.partition)
            self._positions[place] = self._positions.get(place, 0) + 1
            batch.append((row, self._positions[place]))
        tables.batch = [(row.id, sequence) for row, sequence in batch]
        await self.keep()
        return batch

    async def set_aside(self, refused: Outgoing, why: str, rest: Sequence[tuple[Outgoing, int]]) -> None:
        await self.keep()
        tables = self._database.tables
        tables.aside[refused.id] = tables.outbox.pop(refused.id), why
        tables.batch = [(row.id, sequence) for row, sequence in rest]
        self._positions = dict(tables.positions)
        for row, sequence in rest:
            place = (row.topic, row.partition)
            self._positions[place] = max(sequence, self._positions.get(place, 0))
        await self.keep()

    def held(self) -> set[str | None]:
        """Keys that wait for something that was set aside."""
        return {row.key for row, _ in self._database.tables.aside.values()}

    def _sort_aside(self, sent: set[int]) -> None:
        tables, held = self._database.tables, self.held()
        for id_ in [id_ for id_, row in tables.outbox.items() if row.key in held and id_ not in sent]:
            tables.aside[id_] = tables.outbox.pop(id_), None
        for id_ in tables.free():
            tables.outbox[id_] = tables.aside.pop(id_)[0]

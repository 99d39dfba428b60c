"""The engine with one of its guards taken out. Each must break a promise soon, or the guard guards nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from shared.engine.applier import Applier
from shared.engine.decode import Decoded
from shared.engine.event import Emission, Record
from shared.engine.ledger import Fence, Outgoing, Place, RelayLedger
from shared.engine.own_topics import Known
from shared.engine.publisher import Batch
from shared.engine.remembered import Remembered
from shared.ids import new_id
from tests.simulation.memory import MemoryTransaction, Tables
from tests.simulation.memory_relay import MemoryRelayLedger
from tests.simulation.recovery import known_of, recover
from tests.simulation.run import Parts
from tests.simulation.world import Log


class WithoutFenceLock(MemoryTransaction):
    """Reads the fences and locks nothing."""

    async def lock_fences(self, places: Sequence[Place]) -> dict[Place, Fence]:
        await self._database.pause()
        stored = self._database.tables.fences
        return {place: stored.get((self.group, place), Fence()).copy() for place in places}


class WithoutParking(MemoryTransaction):
    """Forgets that a key is held back."""

    async def held_keys(self, topic: str, keys: Sequence[bytes]) -> set[bytes]:
        del topic, keys
        return set()


class WithoutInbox(MemoryTransaction):
    """Takes every id from outside for a new one."""

    async def admit(self, ids: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        await super().admit(ids)
        return set(ids)


class WithoutFreedIds(MemoryTransaction):
    """Keeps the ids of what is parked, as if it had been applied."""

    async def free(self, ids: Sequence[tuple[str, str]]) -> None:
        del ids


class WithoutStoredBatch(MemoryRelayLedger):
    """Draws its numbers anew after a restart."""

    async def stored(self) -> list[tuple[Outgoing, int]]:
        return []


class WithoutEpochs(Log):
    """Takes records of every relay, also of one that has a successor."""

    def accept(self, epoch: int, row: Outgoing) -> None:
        super().accept(max(epoch, *self.written.values(), 0), row)


class WithoutWaiting(MemoryRelayLedger):
    """Sends what is behind something that was set aside."""

    def held(self) -> set[str | None]:
        return set()


async def leave_numbers(ledger: RelayLedger, batch: Batch, refused: Outgoing, why: str) -> Batch:
    """Set a row aside, and let what is behind it keep its number."""
    rest = [(row, number) for row, number in batch if row.id != refused.id]
    await ledger.set_aside(refused, why, rest)
    return rest


class WithoutMark(Applier):
    """Takes every record of ours as if its number said nothing."""

    def decode(self, records: Sequence[Record]) -> list[Decoded]:
        batch = super().decode(records)
        for decoded in batch:
            decoded.sequence = 0
        return batch


class WithNewIds(MemoryTransaction):
    """Publishes under another id each time."""

    def emit(self, emissions: Iterable[Emission]) -> None:
        super().emit(replace(emission, id=new_id()) for emission in emissions)


class WithoutMemory(Remembered):
    """Never compares a fence with where it stood before."""

    def check_fences(
        self, group: str, fences: Mapping[Place, Fence], before: Mapping[Place, int] | None = None
    ) -> None:
        del group, fences, before


def know_numbers(tables: Tables) -> Known:
    """Takes the numbers of a stored batch for sent, whatever has got them since."""
    known = known_of(tables)
    highest = {place: max([number, *known.stored.get(place, ())]) for place, number in known.sent.items()}
    return Known({place: max(numbers) for place, numbers in known.stored.items()} | highest, {})


class WithoutRecoveries(Remembered):
    """Takes a fence for what it was, whatever recovery went over it."""

    def check_fences(
        self, group: str, fences: Mapping[Place, Fence], before: Mapping[Place, int] | None = None
    ) -> None:
        super().check_fences(group, {place: replace(fence, recoveries=0) for place, fence in fences.items()}, before)


MUTATIONS = {
    "the fence's lock": Parts(transaction=WithoutFenceLock),
    "the mark": Parts(applier=WithoutMark),
    "parking": Parts(transaction=WithoutParking),
    "the inbox": Parts(transaction=WithoutInbox),
    "ids that are free": Parts(transaction=WithoutFreedIds),
    "the drain's lock": Parts(operator_transaction=WithoutFenceLock),
    "the relay's stored batch": Parts(relay=WithoutStoredBatch),
    "the ids that a record leads to": Parts(transaction=WithNewIds),
    "the fence that a process remembers": Parts(remembered=WithoutMemory),
    "the last number when a shard is taken": Parts(compares_numbers=False),
    "the recovery that a fence tells of": Parts(remembered=WithoutRecoveries, setbacks="often"),
    "the end of predecessors when a shard is taken": Parts(ends_predecessors=False, setbacks="unpublished"),
    "the events of a stored batch": Parts(knows=know_numbers, setbacks="stored"),
    "what was published before a restore": Parts(recovers=partial(recover, knows=False)),
    "the epoch of the relay's publisher": Parts(log=WithoutEpochs),
    "waiting behind what was set aside": Parts(relay=WithoutWaiting),
    "new numbers behind what was set aside": Parts(make_way=leave_numbers),
}

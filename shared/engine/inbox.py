"""Which records from outside are repetitions: (source, id) belongs to the record that was applied under it.

A record that is parked holds no id, whether it was refused or waits for another, so a corrected one may carry the same;
whichever of them is applied first stands for all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.engine.decode import Decoded
from shared.engine.ledger import EngineTransaction
from shared.events.topics import OWNERS


class Corrected(Exception):
    """A record was refused whose id `decoded` carries too, later in the same batch: that one is no repetition."""

    def __init__(self, decoded: Decoded) -> None:
        super().__init__()
        self.decoded = decoded


@dataclass(slots=True)
class Inbox:
    """The ids of one batch, asked about in the order of the log."""

    _new: set[tuple[str, str]] = field(default_factory=set)
    _claimed: dict[tuple[str, str], Decoded] = field(default_factory=dict)
    _repeated: list[Decoded] = field(default_factory=list)

    @classmethod
    async def open(cls, tx: EngineTransaction, fresh: Iterable[Decoded]) -> "Inbox":
        """Enter every id of the batch; `settle` takes out those that are not applied."""
        ids = {(d.source, d.id) for d in fresh if not d.unreadable and d.record.topic not in OWNERS}
        return cls(await tx.admit(sorted(ids)) if ids else set())

    def was_applied(self, decoded: Decoded) -> bool:
        return decoded.record.topic not in OWNERS and (decoded.source, decoded.id) not in self._new

    def claim(self, decoded: Decoded) -> bool:
        """False for a repetition within the batch. A record of ours is none, whatever its id."""
        if decoded.record.topic in OWNERS:
            return True
        name = (decoded.source, decoded.id)
        if name in self._claimed:
            self._repeated.append(decoded)
            return False
        self._claimed[name] = decoded
        return True

    async def settle(self, tx: EngineTransaction, parked: Sequence[Decoded]) -> None:
        """Free the ids of parked records. Raises Corrected where the batch has another record with one of them."""
        those = {id(decoded) for decoded in parked}
        refused = {name for name, decoded in self._claimed.items() if id(decoded) in those}
        for decoded in self._repeated:
            if (decoded.source, decoded.id) in refused:
                raise Corrected(decoded)
        free = (self._new - self._claimed.keys()) | refused
        if free:
            await tx.free(sorted(free))

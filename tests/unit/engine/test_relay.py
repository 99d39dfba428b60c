"""One turn of the relay: forget, store, and only then send."""

from collections.abc import Sequence

import pytest

from shared.engine.ledger import Outgoing
from shared.engine.publisher import Batch, _by_partition
from shared.engine.relay import make_way, relay_once
from shared.errors import Transient

Numbered = tuple[Outgoing, int]


def row(id_: int, partition: int = 0) -> Outgoing:
    return Outgoing(id_, "crm.sales", partition, "k", "t", str(id_), None, "", "", None, None, b"{}")


class Ledger:
    """An outbox that writes down what is asked of it."""

    def __init__(self, *waiting: Outgoing) -> None:
        self.waiting = list(waiting)
        self.did: list[str] = []

    async def stored(self) -> list[Numbered]:
        return []

    async def store(self, sent: Sequence[Numbered], limit: int) -> list[Numbered]:
        self.did.append(f"forget {[each.id for each, _ in sent]}")
        self.waiting = [each for each in self.waiting if each not in [one for one, _ in sent]]
        return [(each, each.id) for each in self.waiting[:limit]]

    async def set_aside(self, refused: Outgoing, why: str, rest: Sequence[Numbered]) -> None:
        self.did.append(f"set {refused.id} aside: {why}, {[(each.id, number) for each, number in rest]} remain")

    async def keep(self) -> None:
        """It is nobody else's."""

    async def publish(self, batch: Batch) -> None:
        self.did.append(f"send {[each.id for each, _ in batch]}")


async def test_rows_are_forgotten_once_they_were_sent_and_never_before() -> None:
    ledger = Ledger(row(1), row(2), row(3))
    sent: Batch = []
    while sent := await relay_once(ledger, ledger.publish, sent, 2):
        pass
    assert ledger.did == ["forget []", "send [1, 2]", "forget [1, 2]", "send [3]", "forget [3]"]


async def test_a_sending_that_fails_leaves_its_rows() -> None:
    ledger = Ledger(row(1))

    async def fail(batch: Batch) -> None:
        raise Transient(f"{len(batch)} not acknowledged")

    with pytest.raises(Transient):
        await relay_once(ledger, fail, [], 2)
    assert [each.id for each in ledger.waiting] == [1]


async def test_what_is_behind_a_refused_row_in_its_partition_gets_its_number_anew() -> None:
    ledger = Ledger()
    batch = [(row(1), 7), (row(2, 5), 3), (row(3), 8), (row(4), 9), (row(5, 5), 4)]
    rest = await make_way(ledger, batch, row(3), "too large")
    assert [(each.id, number) for each, number in rest] == [(1, 7), (2, 3), (5, 4)]
    assert ledger.did == ["set 3 aside: too large, [(1, 7), (2, 3), (5, 4)] remain"]


def test_order_is_kept_within_a_partition() -> None:
    batch = [(row(1), 1), (row(2, 5), 1), (row(3), 2)]
    parts = _by_partition(batch)
    assert {place: [each.id for each, _ in rows] for place, rows in parts.items()} == {
        ("crm.sales", 0): [1, 3],
        ("crm.sales", 5): [2],
    }

"""The relay's turns as both simulations play them, over a log that may refuse what it is sent."""

from collections.abc import Awaitable, Callable

from shared.engine.ledger import Outgoing, Place, RelayLedger
from shared.engine.outbox import headers_of, key_of
from shared.engine.own_topics import sequence_of
from shared.engine.publisher import Batch, Unsendable
from shared.engine.relay import make_way, relay_once
from tests.simulation.world import Log

MakeWay = Callable[[RelayLedger, Batch, Outgoing, str], Awaitable[Batch]]


class Publisher:
    """What a relay sends with: each has a higher epoch than those before it."""

    def __init__(self, log: Log, pause: Callable[[], Awaitable[None]]) -> None:
        self._log = log
        self._pause = pause
        self._epoch = log.next_epoch()

    async def publish(self, batch: Batch) -> None:
        """Record by record, so that a stopped relay goes on in the middle of somebody else's sending."""
        for row, sequence in batch:
            await self._pause()
            self._log.accept(self._epoch, row)
            headers = headers_of(row, b"/contacts", sequence)
            self._log.append(row.topic, row.partition, key_of(row), row.payload, headers)

    async def end_predecessors(self, place: Place) -> None:
        """Under a new epoch, as another producer does it."""
        self._epoch = self._log.next_epoch()
        await self._pause()
        self._log.end_predecessors(self._epoch, [place])

    async def last_number(self, place: Place) -> int:
        """The highest one in a partition."""
        await self._pause()
        return max(map(sequence_of, self._log.between(place, 0, self._log.end(place))), default=0)


async def relay_on(
    ledger: RelayLedger,
    publisher: Publisher,
    limit: Callable[[], int],
    rest: Callable[[], Awaitable[None]],
    make_way: MakeWay = make_way,
) -> None:
    """Begin with what is stored, set aside what is refused, go on until something raises; `rest` while it is idle."""
    stored: Batch = ()

    async def remember(batch: Batch) -> None:
        nonlocal stored
        stored = batch
        await publisher.publish(batch)

    sent: Batch = await ledger.stored()
    again = True
    while True:
        try:
            if again:
                await remember(sent)
            sent, again = await relay_once(ledger, remember, sent, limit()), False
        except Unsendable as refused:
            sent, again = await _make_way(ledger, publisher, stored, refused, make_way), True
        if not sent and not again:
            await rest()


async def _make_way(
    ledger: RelayLedger, publisher: Publisher, stored: Batch, refused: Unsendable, make_way: MakeWay
) -> Batch:
    """What is sent next: everything once more where a predecessor got the refused one through."""
    assert refused.row is not None
    await publisher.end_predecessors(refused.place)
    number = next(number for row, number in stored if row.id == refused.row.id)
    if await publisher.last_number(refused.place) >= number:
        return stored
    return await make_way(ledger, stored, refused.row, refused.why)

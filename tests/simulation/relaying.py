"""The relay's turns as both simulations play them, over a log that may refuse what it is sent."""

from collections.abc import Awaitable, Callable

from shared.engine.ledger import Outgoing, RelayLedger
from shared.engine.publisher import Batch, Unsendable
from shared.engine.relay import Publish, make_way, relay_once

MakeWay = Callable[[RelayLedger, Batch, Outgoing, str], Awaitable[Batch]]


async def relay_on(
    ledger: RelayLedger,
    publish: Publish,
    limit: Callable[[], int],
    rest: Callable[[], Awaitable[None]],
    make_way: MakeWay = make_way,
) -> None:
    """Begin with what is stored, set aside what is refused, go on until something raises; `rest` while it is idle."""
    stored: Batch = ()

    async def remember(batch: Batch) -> None:
        nonlocal stored
        stored = batch
        await publish(batch)

    sent: Batch = await ledger.stored()
    again = True
    while True:
        try:
            if again:
                await remember(sent)
            sent, again = await relay_once(ledger, remember, sent, limit()), False
        except Unsendable as refused:
            assert refused.row is not None
            sent, again = await make_way(ledger, stored, refused.row, refused.why), True
        if not sent and not again:
            await rest()

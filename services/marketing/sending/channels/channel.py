"""What the sender needs of a channel that delivers letters."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict


class Deliverer(Protocol):
    """`via` is stored with each attempt. `carries` is the channel of the messages that it delivers. `batch` letters are
    taken at once: so many may a crash leave open.
    """

    via: Via
    carries: str
    batch: int

    def wait(self, address: str) -> float:
        """Seconds for which a letter to this address has to wait; 0: it is handed over now, and counts."""
        ...

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        """A verdict on each. Raises OSError only where a new try of the whole batch does no harm."""
        ...

    async def remove(self, ids: Collection[UUID]) -> None:
        """Destroy these letters as far as they are still held; may be called again. Raises OSError."""
        ...

    async def close(self) -> None: ...


async def share_out(
    letters: Sequence[Letter], deliverers: Iterable[Callable[[Letter], Awaitable[Verdict]]]
) -> dict[UUID, Verdict]:
    """Each deliverer takes the next letter when it is done with one; the verdict on each."""
    verdicts: dict[UUID, Verdict] = {}
    waiting = list(reversed(letters))

    async def empty(deliver: Callable[[Letter], Awaitable[Verdict]]) -> None:
        while waiting:
            letter = waiting.pop()
            verdicts[letter.message_id] = await deliver(letter)

    await asyncio.gather(*map(empty, deliverers))
    return verdicts

"""What the sender needs of a channel that delivers letters."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict


class Deliverer(Protocol):
    """`via` is stored with each attempt. `batch` letters are taken at once: so many may a crash leave open."""

    via: Via
    batch: int

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        """A verdict on each. Raises OSError only where a new try of the whole batch does no harm."""
        ...

    async def remove(self, ids: Collection[UUID]) -> None:
        """Destroy these letters as far as they are still held; may be called again. Raises OSError."""
        ...

    async def close(self) -> None: ...

"""What the sender needs of whoever delivers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.marketing.domain.handover import Verdict
from services.marketing.domain.letter import Letter


class Post(Protocol):
    """`via` is stored with each attempt. `batch` letters are taken at once: so many may a crash leave open."""

    via: str
    batch: int

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        """A verdict on each. Raises OSError only where a new try of the whole batch does no harm."""
        ...

    async def remove(self, ids: Collection[UUID]) -> None:
        """Destroy these letters as far as they are still held; may be called again. Raises OSError."""
        ...

    async def close(self) -> None: ...

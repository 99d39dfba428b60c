"""What the sender needs of whoever delivers."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.marketing.domain.handover import Verdict
from services.marketing.domain.letter import Letter


class Post(Protocol):
    """`via` is stored with each attempt; `batch` is how many letters are taken at once, so how many a crash leaves open."""

    via: str
    batch: int

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        """A verdict on each. Raises only what a new try of the whole batch could not make worse: nothing was accepted."""
        ...

    async def close(self) -> None: ...

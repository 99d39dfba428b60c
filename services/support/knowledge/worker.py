"""Reads what articles mean, and has this process know it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

import structlog

from services.support.classifier import Vectors
from services.support.knowledge import store
from services.support.knowledge.domain.article import parts_of
from services.support.meanings import Meanings, Meant
from services.support.semantic import VECTORS, packed
from shared.engine.transaction import Transaction

log = structlog.get_logger()
MADE_BY = f"{VECTORS}, title and paragraphs under it"
"""What made the vectors of a text, and of what: those of others are made anew."""
_READ_AT_ONCE = 10
"""A step takes some seconds of one core; what was read before a stop stays."""
_LOADED_AT_ONCE = 500
_LOOK_AGAIN_S = 3_600
_SIDE_BY_SIDE = timedelta(days=1)
"""So long two versions of Rapport may run at once, each with vectors of its own."""


class Source(Protocol):
    """What the worker needs of its service."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...


async def complete_words(source: Source) -> None:
    """A worker of the service: texts that an older version of Rapport wrote get the words by which they are suggested.

    It looks again every hour, since both versions run while one takes the place of the other.
    """
    while True:
        async with source.transaction() as tx:
            await store.add_missing_words(tx)
        await asyncio.sleep(_LOOK_AGAIN_S)


class Reading:
    """A worker of the service. Several instances may run it: what two of them read is the same."""

    def __init__(self, meanings: Meanings, poll_s: float) -> None:
        self._meanings = meanings
        self._poll_s = poll_s
        self._last = 0

    async def run(self, source: Source) -> None:
        """Until cancelled; errors end it, and the engine starts it again."""
        await self.forget_others(source)
        while True:
            await self.load(source)
            if not await self.read(source):
                await asyncio.sleep(self._poll_s)

    async def forget_others(self, source: Source) -> None:
        """What another model made more than a day ago of texts that this one had read by then."""
        async with source.transaction() as tx:
            await store.forget_others(tx, MADE_BY, tx.now - _SIDE_BY_SIDE)

    async def read(self, source: Source) -> int:
        """Read some texts that nobody read yet, or another model; how many there were."""
        if (passages := self._meanings.passages) is None:
            return 0
        async with source.read() as tx:
            unread = await store.find_unread(tx, MADE_BY, _READ_AT_ONCE)
        if unread:
            meant = await asyncio.to_thread(_meant, unread, passages)
            async with source.transaction() as tx:
                await store.save_vectors(tx, meant, MADE_BY)
            log.info("articles_read", texts=len(unread))
        return len(unread)

    async def load(self, source: Source) -> None:
        """Know what any instance read since. A database that went back to a copy is read from its beginning."""
        found: list[Meant] = []
        async with source.read() as tx:
            if await store.find_last_vector(tx) < self._last:
                self._meanings.forget()
                self._last = 0
            last = self._last
            while some := await store.load_vectors(tx, last, MADE_BY, _LOADED_AT_ONCE):
                found += [meant for _, meant in some]
                last = some[-1][0]
        if found:
            await asyncio.to_thread(self._meanings.learn, found)
            self._last = last


def _meant(unread: list[store.Unread], passages: Vectors) -> list[Meant]:
    return [
        Meant(
            each.article_id,
            each.language,
            each.version,
            b"".join(packed(passages(parts_of(each.title, each.body)))),
        )
        for each in unread
    ]

"""How many requests of a costly route are worked on at once, so that many readers of one take nothing from the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request

from shared.engine.transaction import Transaction
from shared.errors import Refused
from shared.http.requests import route_of
from shared.settings import HttpSettings
from shared.sql import load_queries

T = TypeVar("T")
SQL = load_queries(Path(__file__).with_name("limits.sql"))
_MOST_KEPT = 32
"""Answers of a service that are kept; of more, the one that was not asked for the longest goes."""


class Busy(Refused):
    """Too many ask for this at once."""

    status = 503
    reason = "busy"
    headers = {"Retry-After": "5"}  # noqa: RUF012  as problems read it


class Turns:
    """The turns of an application's costly routes, by their templates."""

    def __init__(self, settings: HttpSettings) -> None:
        self._at_once = settings.costly_at_once
        self._wait_s = settings.costly_wait_s
        self._routes: dict[str, asyncio.Semaphore] = {}

    async def take(self, route: str) -> asyncio.Semaphore:
        """Wait for a turn; whoever has it releases it. Raises Busy."""
        turns = self._routes.setdefault(route, asyncio.Semaphore(self._at_once))
        try:
            async with asyncio.timeout(self._wait_s):
                await turns.acquire()
        except TimeoutError:
            raise Busy(f"{self._at_once} of these are worked on at once, and others came before this one") from None
        return turns


class SharedLooks:
    """What a costly route finds, handed to everybody who asked for the same before the look began.

    With `read`, which opens the database, what was found may be kept as long as nothing is committed.
    """

    def __init__(
        self, turns: Turns, read: Callable[[], AbstractAsyncContextManager[Transaction]] | None = None
    ) -> None:
        self._turns = turns
        self._read = read
        self._kept: dict[Hashable, tuple[str, Any]] = {}
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def share(self, route: str, asked: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` finds now. While one is under way, all who ask for the same get the next one, which begins after
        it: nobody gets what is older than their question. Raises Busy.
        """
        return await self._share((route, asked), look)

    async def keep(self, route: str, asked: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """As `share`, where the database, the day and `asked` alone decide: one state of these is looked at once.

        Others get what is found, too: nobody may change it.
        """
        key = (route, asked)
        before, found = self._kept.get(key, ("", None))
        if before and before == await self._state():
            self._keep(key, before, found)
            return cast("T", found)

        async def look_and_keep() -> T:
            state = await self._state()  # what is committed while it looks makes it old
            found = await look()
            self._keep(key, state, found)
            return found

        return await self._share(key, look_and_keep)

    async def _state(self) -> str:
        """Which state of the database is read, and on which day."""
        assert self._read is not None
        async with self._read() as tx:
            return f"{await tx.fetchval(SQL['read_snapshot'])} {tx.now.date()}"

    def _keep(self, key: Hashable, state: str, found: object) -> None:
        self._kept.pop(key, None)  # the one that was asked for last stands last
        self._kept[key] = (state, found)
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    async def _share(self, key: tuple[str, Hashable], look: Callable[[], Awaitable[T]]) -> T:
        task = self._next.get(key)
        if task is None:
            before = self._under_way.get(key)
            task = asyncio.create_task(self._look(key, before, look))
            (self._next if before else self._under_way)[key] = task
            task.add_done_callback(_take_note)
        # who hangs up does not take the answer from the others
        found: T = await asyncio.shield(task)
        return found

    async def _look(
        self, key: tuple[str, Hashable], before: "asyncio.Task[Any] | None", look: Callable[[], Awaitable[T]]
    ) -> T:
        if before is not None:
            await asyncio.wait({before})
            self._under_way[key] = self._next.pop(key)
        try:
            turns = await self._turns.take(key[0])
            try:
                return await look()
            finally:
                turns.release()
        finally:
            if self._under_way.get(key) is asyncio.current_task():
                del self._under_way[key]


def _take_note(task: "asyncio.Task[Any]") -> None:
    """Of an error that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


async def _looks_of(request: Request) -> SharedLooks:
    looks: SharedLooks = request.app.state.looks
    return looks


Looks = Annotated[SharedLooks, Depends(_looks_of)]


async def _in_turn(request: Request) -> AsyncIterator[None]:
    turns = await request.app.state.turns.take(route_of(request.scope))
    try:
        yield
    finally:
        turns.release()


COSTLY = Depends(_in_turn)
"""For routes that read much: counts, lists and searches."""

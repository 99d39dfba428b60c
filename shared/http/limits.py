"""How many requests of a costly route are worked on at once, so that many readers of one take nothing from the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from shared.errors import Refused
from shared.http.requests import route_of
from shared.settings import HttpSettings

T = TypeVar("T")


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
    """What a costly route finds, handed to everybody who asked for the same before the look began."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def share(self, route: str, asked: Hashable, look: Callable[[], Awaitable[T]]) -> T:
        """What `look` finds now. While one is under way, all who ask for the same get the next one, which begins after
        it: nobody gets what is older than their question. Raises Busy.
        """
        key = (route, asked)
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

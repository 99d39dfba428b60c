"""How many requests of a costly route are worked on at once, so that many readers of one take nothing from the rest."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Depends, Request

from shared.errors import Refused
from shared.http.requests import route_of
from shared.settings import HttpSettings


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


async def _in_turn(request: Request) -> AsyncIterator[None]:
    turns = await request.app.state.turns.take(route_of(request.scope))
    try:
        yield
    finally:
        turns.release()


COSTLY = Depends(_in_turn)
"""For routes that read much: counts, lists and searches."""

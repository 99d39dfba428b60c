"""Server-sent events as a client reads them."""

import asyncio
import contextlib
import json
from typing import Any

import httpx

ADD_CHANGE = "insert into change (lines) values ($1)"
"""As a transaction tells of what it did."""


class Events:
    """A stream as a client reads it."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()
        self.last_id = ""

    async def next(self) -> tuple[str, dict[str, Any]]:
        """Name and data of the next event."""
        name, data = "message", ""
        async with asyncio.timeout(60):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    data = value
                elif field == "id":
                    self.last_id = value
                elif not line and data:
                    return name, json.loads(data)
        raise EOFError

    async def news(self) -> str:
        """The id of the next change."""
        name, data = await self.next()
        return str(data["event_id"]) if name == "message" else await self.news()

    async def all_news(self) -> list[str]:
        """Those of every change until the stream ends."""
        found = []
        with contextlib.suppress(EOFError):
            while True:
                found.append(await self.news())
        return found

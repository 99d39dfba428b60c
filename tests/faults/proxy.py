"""A TCP proxy whose connections can be slow, silent or cut; what stands behind it knows nothing of it."""

import asyncio
import contextlib
from typing import Self

from deploy.embedded.ports import HOST, free_port


class Proxy:
    """Listens on `port` and forwards to `target`. Use `async with`."""

    def __init__(self, target: int) -> None:
        self.port = free_port({target})
        self.delay = 0.0
        """Seconds that each piece waits before it goes on, in both directions."""
        self._target = target
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        """Reset every connection; new ones are taken at once."""
        for writer in list(self._writers):
            writer.transport.abort()

    def silence(self) -> None:
        """Forward nothing and close nothing, as a network does that swallows packets."""
        self._flowing.clear()

    def speak(self) -> None:
        """Forward again, what was held back first."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, to_behind = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        for source, sink in ((reader, to_behind), (behind, writer)):
            self._writers.add(sink)
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(1 << 16):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flowing.wait()
                sink.write(piece)
                await sink.drain()
        self._writers.discard(sink)
        with contextlib.suppress(OSError):
            sink.close()

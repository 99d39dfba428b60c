"""Tells the sender of this process that there is something to send."""

import asyncio


class Bell:
    """Only to be quicker: whoever does not hear it looks for work now and then anyway."""

    def __init__(self) -> None:
        self._rung = False
        self._listening: set[asyncio.Event] = set()

    async def ring(self) -> None:
        self._rung = True
        for event in self._listening:
            event.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or has rung since the last wait, or the time is over."""
        heard = asyncio.Event()
        self._listening.add(heard)
        try:
            if not self._rung:
                await asyncio.wait_for(heard.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._listening.discard(heard)
            self._rung = False


bell = Bell()

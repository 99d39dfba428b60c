"""Writes that come at once and are carried out in one transaction, of which each needs the smaller part."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextvars import Context
from math import inf
from typing import Any

from shared.engine.postgres import is_infrastructure
from shared.engine.transaction import Transaction
from shared.http.readiness import Serving
from shared.http.writing import write

_MOST = 100
_PATIENCE_S = 0.02
"""After so long those who wait begin beside the ones before them, which may wait for somebody's lock."""
_RETURN = 0.5
"""For this share of the time that some took together, those who wait expect as many again: who was answered asks on."""

Together = Callable[[Transaction, Sequence[Any]], Awaitable[Sequence[Any]]]
Waiting = list[tuple[Any, asyncio.Future[Any]]]


class Apart(Exception):
    """The items at `places` cannot be carried out with the others."""

    def __init__(self, places: Collection[int]) -> None:
        if not places:
            raise ValueError("nothing is in the way of the others")
        super().__init__(f"{len(places)} items have to be carried out by themselves")
        self.places = frozenset(places)


class Gatherings:
    """Those of an application, by what carries their items out."""

    def __init__(self, service: Serving) -> None:
        self._service = service
        self._known: dict[Together, Gathering] = {}

    def of(self, act: Together) -> "Gathering":
        if act not in self._known:
            self._known[act] = Gathering(self._service, act)
        return self._known[act]


class Gathering:
    """Items of one kind. All who come while some are under way are next, together with those of these who come again
    soon. Whoever comes while nothing is under way, and nothing of several was just now, waits for nobody.
    """

    def __init__(self, service: Serving, act: Together) -> None:
        """`act` returns the answer of each item, in their order, or the error that refuses it and leaves nothing of it.

        It may be called again with some of the items, and raises Apart, once anything of them was written, where some
        cannot be carried out with the others.
        """
        self._service = service
        self._act = act
        self._waiting: Waiting = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._at = inf  # when it is due
        self._enough, self._until = 1.0, 0.0
        self._latest = inf  # of those who wait, however often others end meanwhile

    async def write(self, item: object) -> Any:
        """The item's answer once it stands; None where it has to be carried out by itself, and nothing of it stands.

        Raises what refuses it, and what the database raised of all that were carried out together.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        if not self._waiting:
            self._latest = loop.time() + 2 * _PATIENCE_S
        self._waiting.append((item, done))
        self._plan()
        return await done

    def _plan(self) -> None:
        """Those who wait begin once they are enough, or at `until`, never more than the patience from now, nor than
        twice it from when the first of them came.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        # Where nobody is to be waited for, what has been read of other connections still comes before.
        at = now if len(self._waiting) >= self._enough else max(now, min(self._until, now + _PATIENCE_S, self._latest))
        if at < self._at:
            self._cancel()
            self._timer, self._at = loop.call_later(at - now, self._begin), at

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._at = None, inf

    def _begin(self) -> None:
        self._cancel()
        taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if not taken:
            return
        self._enough = self._until = inf
        # Of no request: what one of them is logged and traced by says nothing of the others.
        task = asyncio.create_task(self._carry_out(taken), context=Context())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        if self._waiting:
            self._begin()

    async def _carry_out(self, taken: Waiting) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            left, answers = taken, None
            while answers is None and (left := [each for each in left if not each[1].done()]):
                left, answers = await self._attempt(left)
            self._ended(len(taken), begun)
            for (_, done), answer in zip(left, answers or (), strict=True):
                _answer(done, answer)
            for _, done in taken:  # by themselves now that the others stand, as if they had come after them
                _answer(done, None)
        except Exception as error:  # noqa: BLE001  those who wait raise it
            self._ended(len(taken), begun)
            for _, done in taken:
                _answer(done, error)
        finally:
            for _, done in taken:
                done.cancel()  # where this was; one that is answered stays so

    def _ended(self, count: int, begun: float) -> None:
        """So many are answered now, and may come again at once."""
        now = asyncio.get_running_loop().time()
        self._enough, self._until = count + len(self._waiting), now + (now - begun) * _RETURN
        self._cancel()
        if self._waiting:
            self._plan()

    async def _attempt(self, taken: Waiting) -> tuple[Waiting, Sequence[Any] | None]:
        """Carries them out, and returns them with their answers; or those that may be without the others, where nothing
        stands.
        """

        async def act(tx: Transaction) -> Sequence[Any]:
            try:
                return await self._act(tx, [item for item, _ in taken])
            except Exception as error:
                if isinstance(error, Apart) or is_infrastructure(error):
                    raise
                # One of them may be at fault, and is told so by itself.
                raise Apart(range(len(taken))) from error

        try:
            return taken, await write(self._service, act)
        except Apart as apart:
            return [each for place, each in enumerate(taken) if place not in apart.places], None


def _answer(done: asyncio.Future[Any], answer: Any) -> None:
    """Unless it has one, or nobody waits for it any more."""
    if done.done():
        return
    if isinstance(answer, Exception):
        done.set_exception(answer)
    else:
        done.set_result(answer)

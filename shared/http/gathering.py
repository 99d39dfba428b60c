"""Writes that come at once and are carried out in one transaction, of which each needs the smaller part."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextvars import Context
from typing import Any

from shared.engine.postgres import is_infrastructure
from shared.engine.transaction import Transaction
from shared.http.readiness import Serving
from shared.http.writing import write

_MOST = 100
_PATIENCE_S = 0.02
"""After so long those who wait begin beside the ones before them, which may wait for somebody's lock."""

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
    """Items of one kind. Whoever comes while nothing is under way waits for nobody; all who come meanwhile are next."""

    def __init__(self, service: Serving, act: Together) -> None:
        """`act` returns the answer of each item, in their order, or the error that refuses it and leaves nothing of it.

        It may be called again with some of the items, and raises Apart, once anything of them was written, where some
        cannot be carried out with the others.
        """
        self._service = service
        self._act = act
        self._waiting: Waiting = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._patience: asyncio.TimerHandle | None = None

    async def write(self, item: object) -> Any:
        """The item's answer once it stands; None where it has to be carried out by itself, and nothing of it stands.

        Raises what refuses it, and what the database raised of all that were carried out together.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((item, done))
        if self._patience is None:
            # Where nobody is to be waited for, what has been read of other connections still comes before.
            self._patience = loop.call_later(_PATIENCE_S if self._under_way else 0, self._begin)
        return await done

    def _begin(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        if taken:
            # Of no request: what one of them is logged and traced by says nothing of the others.
            task = asyncio.create_task(self._carry_out(taken), context=Context())
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        if self._waiting:
            self._begin()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _carry_out(self, taken: Waiting) -> None:
        try:
            left = taken
            while left := [each for each in left if not each[1].done()]:
                left = await self._attempt(left)
            for _, done in taken:  # by themselves once the others stand, as if they had come after them
                _answer(done, None)
        except Exception as error:  # noqa: BLE001  those who wait raise it
            for _, done in taken:
                _answer(done, error)
        finally:
            for _, done in taken:
                done.cancel()  # where this was; one that is answered stays so

    async def _attempt(self, taken: Waiting) -> Waiting:
        """Carries them out and answers them; or returns those that may be without the others, and nothing stands."""

        async def act(tx: Transaction) -> Sequence[Any]:
            try:
                return await self._act(tx, [item for item, _ in taken])
            except Exception as error:
                if isinstance(error, Apart) or is_infrastructure(error):
                    raise
                # One of them may be at fault, and is told so by itself.
                raise Apart(range(len(taken))) from error

        try:
            answers = await write(self._service, act)
        except Apart as apart:
            return [each for place, each in enumerate(taken) if place not in apart.places]
        for (_, done), answer in zip(taken, answers, strict=True):
            _answer(done, answer)
        return []


def _answer(done: asyncio.Future[Any], answer: Any) -> None:
    """Unless it has one, or nobody waits for it any more."""
    if done.done():
        return
    if isinstance(answer, Exception):
        done.set_exception(answer)
    else:
        done.set_result(answer)

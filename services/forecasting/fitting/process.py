"""The fitting processes: numpy, scipy and statsforecast live there, neither in the service's memory nor on its loop.

Each is the one process of a `ProcessPoolExecutor`, started with the first work and ended after a minute without. It
ends when the service does, however that ends.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_IDLE_S = 60.0
_LIMIT_S = 600.0
_NICENESS = 5
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Run(Protocol):
    """Does a work of `works.py` elsewhere, with its own arguments and its own result."""

    def __call__(self, work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> Awaitable[R]: ...


class FittingFailed(Exception):
    """The work raised, took too long, or the process died under it; the text says which."""


class Fitting:
    """One process at a time. Works are done one after the other, each within `limit_s`."""

    def __init__(self, idle_s: float = _IDLE_S, limit_s: float = _LIMIT_S) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._child: BaseProcess | None = None
        self._turn = asyncio.Lock()
        self._idle_s, self._limit_s = idle_s, limit_s
        self._idle: asyncio.TimerHandle | None = None

    async def run(self, work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R:
        """Call `work` there; cancelling ends the process. Raises FittingFailed."""
        async with self._turn:
            if self._idle:
                self._idle.cancel()
            try:
                async with asyncio.timeout(self._limit_s):
                    return await self._ask(work, *arguments, **named)
            except BrokenProcessPool:
                await self.stop()
                raise FittingFailed(f"the fitting process died while it worked on {work.__name__}") from None
            except asyncio.CancelledError:
                await self.stop()
                raise
            except TimeoutError:
                await self.stop()
                raise FittingFailed(f"{work.__name__} took longer than {self._limit_s:g} s") from None
            except Exception as error:
                raise FittingFailed(f"{work.__name__}: {type(error).__name__}: {error}") from error
            finally:
                if self._executor is not None:
                    self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._let_go)

    async def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        if self._idle:
            self._idle.cancel()
        executor, child = self._executor, self._child
        self._executor = self._child = None
        if child is not None:
            child.kill()
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)

    def _ask(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> asyncio.Future[R]:
        if self._executor is not None:
            return asyncio.wrap_future(self._executor.submit(work, *arguments, **named))
        # Not forked: the service's threads and sockets are no business of the child.
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare)
        before = set(multiprocessing.active_children())
        asked = self._executor.submit(work, *arguments, **named)
        # The executor can end its process only once the work is done.
        self._child = next(iter(set(multiprocessing.active_children()) - before), None)
        return asyncio.wrap_future(asked)

    def _let_go(self) -> None:
        """The process ends by itself, having no work; the next work gets another one."""
        executor, self._executor, self._child = self._executor, None, None
        if executor is not None:
            executor.shutdown(wait=False)


class Fittings:
    """`processes` of them side by side, each by itself: one that dies takes no other's work with it."""

    def __init__(self, processes: int) -> None:
        self._all = [Fitting() for _ in range(processes)]
        # The one that worked last is asked first, so that what is not needed ends.
        self._free: asyncio.LifoQueue[Fitting] = asyncio.LifoQueue()
        for one in self._all:
            self._free.put_nowait(one)

    async def run(self, work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R:
        """As `Fitting.run`, once one of them is free."""
        one = await self._free.get()
        try:
            return await one.run(work, *arguments, **named)
        finally:
            self._free.put_nowait(one)

    async def stop(self) -> None:
        for one in self._all:
            await one.stop()


def _prepare() -> None:
    """The first act of the process, before anything that counts is loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service decides
    os.nice(_NICENESS)
    os.environ.update(_ONE_THREAD)
    sys.stdout = sys.stderr  # the service's output is its log; what a library prints is none of it
    threading.Thread(target=_end_with_the_service, daemon=True).start()


def _end_with_the_service() -> None:
    service = multiprocessing.parent_process()
    if service is not None:
        service.join()
    os._exit(1)

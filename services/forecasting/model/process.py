"""The fitting process: numpy, scipy and statsforecast live here, and neither in the service's memory nor on its loop.

Work goes in and answers come out as length-prefixed pickles over the pipes between a parent and its own child. The
child ends when its input does, so it never outlives the service; the parent ends it after a minute without work.
"""

import asyncio
import os
import pickle
import signal
import struct
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

_SIZE = struct.Struct("!Q")
_IDLE_S = 60.0
_NICENESS = 5
_ROOT = Path(__file__).resolve().parents[3]
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


Fit = Callable[..., Awaitable[Any]]
"""What jobs need: `fit("module:function", *arguments)`, done elsewhere."""


class FittingFailed(Exception):
    """The work raised, or the process died under it; the text says which."""


class Fitting:
    """One process, started with the first work. Works are done one after the other."""

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._idle_s = idle_s
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def run(self, work: str, *arguments: object) -> Any:
        """Call `module:function` with `arguments` there; cancelling ends the process. Raises FittingFailed."""
        async with self._turn:
            if self._idle:
                self._idle.cancel()
            try:
                done, answer = await self._ask(pickle.dumps((work, arguments)))
            except (BrokenPipeError, ConnectionResetError, asyncio.IncompleteReadError):
                await self.stop()
                raise FittingFailed(f"the fitting process died while it worked on {work}") from None
            except BaseException:
                await self.stop()
                raise
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._let_go)
        if not done:
            raise FittingFailed(answer)
        return answer

    async def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        if self._idle:
            self._idle.cancel()
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()

    def _let_go(self) -> None:
        """Its input ends, and so does it; the next work gets another one."""
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()

    async def _ask(self, request: bytes) -> tuple[bool, Any]:
        child = await self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(_SIZE.pack(len(request)) + request)
        await child.stdin.drain()
        (size,) = _SIZE.unpack(await child.stdout.readexactly(_SIZE.size))
        answer: tuple[bool, Any] = pickle.loads(await child.stdout.readexactly(size))  # noqa: S301 - our own child's
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.forecasting.model.process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=_ROOT,
                env={**os.environ, **_ONE_THREAD},
            )
        return self._child


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Do works until the input ends; the child's side."""
    while len(head := requests.read(_SIZE.size)) == _SIZE.size:
        name, arguments = pickle.loads(requests.read(*_SIZE.unpack(head)))  # noqa: S301 - our own parent's
        answer = pickle.dumps(_answer(name, arguments))
        answers.write(_SIZE.pack(len(answer)) + answer)
        answers.flush()


def _answer(name: str, arguments: tuple[object, ...]) -> tuple[bool, Any]:
    module, _, function = name.partition(":")
    try:
        return True, getattr(import_module(module), function)(*arguments)
    except Exception as error:  # noqa: BLE001 - the parent raises it again
        return False, f"{name}: {type(error).__name__}: {error}"


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service decides
    os.nice(_NICENESS)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()

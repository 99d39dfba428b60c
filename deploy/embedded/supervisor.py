"""Keeps a stack running until it is told to end: what dies is started again, ever more slowly if it dies again."""

import asyncio
import json
import signal
import time
from collections.abc import Callable

from deploy.embedded.folder import write_atomically
from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StackError

_FIRST_PAUSE, _LONGEST_PAUSE, _HEALTHY_AFTER = 0.5, 30.0, 60.0  # seconds


async def supervise(stack: EmbeddedStack, say: Callable[[str], None], ready: Callable[[EmbeddedStack], None]) -> None:
    """Starts everything, calls `ready`, and returns after an orderly stop on SIGINT, SIGTERM or SIGHUP.

    Raises StackError when the first start fails. `addresses.json` is there only while the stack is ready.
    """
    loop, told_to_end = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told_to_end.set)
    ending = asyncio.create_task(told_to_end.wait())
    starting = asyncio.create_task(stack.start())
    watchers: list[asyncio.Task[None]] = []
    try:
        await asyncio.wait((starting, ending), return_when=asyncio.FIRST_COMPLETED)
        if not told_to_end.is_set():
            await starting
            write_addresses(stack)
            ready(stack)
            watchers = [asyncio.create_task(_keep(stack, name, say)) for name in stack.parts]
            await asyncio.wait((ending, *watchers), return_when=asyncio.FIRST_COMPLETED)
            say("\nStopping ...")
    finally:
        for task in (starting, ending, *watchers):
            task.cancel()
        await asyncio.gather(starting, ending, *watchers, return_exceptions=True)
        stack.folder.path.joinpath("addresses.json").unlink(missing_ok=True)
        await stack.stop()


def write_addresses(stack: EmbeddedStack) -> None:
    """What programs read to find the stack; without passwords."""
    addresses = {
        "folder": str(stack.folder.path),
        "kafka": stack.bootstrap,
        **{name: stack.url(name) for name in (*stack.fronts, *stack.services)},
        "pids": stack.pids,
    }
    write_atomically(stack.folder.path / "addresses.json", json.dumps(addresses, indent=1))


async def _keep(stack: EmbeddedStack, name: str, say: Callable[[str], None]) -> None:
    child, pause = stack.parts[name].child, _FIRST_PAUSE
    started = time.monotonic()
    while True:
        await asyncio.sleep(0.2)
        if child.is_alive():
            continue
        if time.monotonic() - started > _HEALTHY_AFTER:
            pause = _FIRST_PAUSE
        say(f"{name} ended with status {child.status}; it is started again in {pause:g} s ({child.log})")
        await asyncio.sleep(pause)
        pause, started = min(2 * pause, _LONGEST_PAUSE), time.monotonic()
        try:
            await stack.start_part(name)
        except StackError as error:
            child.kill()
            say(str(error))
        else:
            write_addresses(stack)
            say(f"{name} is ready again")

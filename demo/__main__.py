"""`make demo`: a year of real sales through all services, live, and the proof that nothing was lost or doubled."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
from rich.console import Console

from demo.play.findings import Findings
from demo.play.play import Play, make_stack
from demo.play.settle import NotSettledError
from demo.play.summary import tell
from demo.world.generator import Scale
from demo.world.journey import HOUSEHOLDS
from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StackError

FOLDER = Path(".demo")
SMALL = 200  # households: about 13,000 sales
INTERRUPTED = 130


def main() -> int:
    """0: all checks hold. 1: one does not, or the stack failed. 2: asked for what there is not. 130: Ctrl-C."""
    _parser().parse_args()
    console = Console(soft_wrap=not sys.stdout.isatty())
    try:
        return asyncio.run(demonstrate(console, _scale(), once=os.environ.get("ONCE", "") not in {"", "0"}))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("\nStopped.")
        return INTERRUPTED
    except ValueError as error:
        console.print(str(error), highlight=False, markup=False)
        return 2
    except (StackError, NotSettledError) as error:
        console.print(f"\n{error}", style="red", highlight=False, markup=False)
        console.print(f"The logs of all parts are in {FOLDER / 'logs'}.", highlight=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        "python -m demo",
        description=f"{__doc__} It starts Kafka, Postgres, the services and the console in {FOLDER}/, and stays up.",
        epilog=f"Variables: ONCE=1 ends with the summary; SCALE=small ({SMALL} households, the default), full "
        f"({HOUSEHOLDS:,}), or a number of them.",
    )


def _scale() -> Scale:
    """`SCALE=small|full`, or a number of households."""
    asked = os.environ.get("SCALE") or "small"
    if asked.isdecimal() and 0 < int(asked) <= HOUSEHOLDS:
        return Scale(int(asked))
    if asked not in {"small", "full"}:
        raise ValueError(f"SCALE is small, full or a number of households up to {HOUSEHOLDS:,}, not {asked!r}")
    return Scale(SMALL if asked == "small" else HOUSEHOLDS)


async def demonstrate(console: Console, scale: Scale, *, once: bool) -> int:
    """Play, tell, and without `once` stay up until Ctrl-C."""
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    console.print(f"Starting Kafka, Postgres, the services and the console in {FOLDER}/ ...", highlight=False)
    async with make_stack(FOLDER, console) as stack:
        for name in stack.fronts:
            console.print(f"Open {stack.url(name)} in a browser: the {name} shows what happens.", highlight=False)
        console.print(
            f"All are up: {', '.join(f'{name} {stack.url(name)}' for name in stack.services)}", highlight=False
        )
        found = await Play(stack, scale, console).run()
        tell(console, found)
        failures = found.failures()
        for failure in failures:
            console.print(f"FAILED: {failure}", style="red", highlight=False)
        if not failures:
            console.print("All checks hold: nothing lost, nothing doubled, nothing parked.", style="green")
        if not once:
            await _invite(console, stack, found)
            await _until_told_to_end()
            console.print("\nStopping ...")
    return 1 if failures else 0


async def _until_told_to_end() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


async def _invite(console: Console, stack: EmbeddedStack, found: Findings) -> None:
    """Lines to paste while it stays up."""
    contacts, marketing = f"{stack.url('contacts')}/v1/parties", stack.url("marketing")
    async with httpx.AsyncClient(timeout=60) as client:
        party = (await client.get(contacts, params={"limit": 1})).raise_for_status().json()["items"][0]["id"]
    letter = next(found.maildir.joinpath("new").iterdir(), None)
    lines = [
        f"curl '{contacts}/{party}'",
        f"curl '{contacts}/{party}/timeline?limit=5'",
        f"curl '{marketing}/v1/audit/follow-ups'",
        f"curl '{marketing}/v1/audit/follow-ups?outcome=skipped&limit=3'",
        f"curl '{stack.url('support')}/v1/tickets?limit=3'",
        f"curl '{stack.url('forecasting')}/v1/forecasts?limit=3'",
        *([f"cat {letter}"] if letter else []),
    ]
    console.print("\nIt stays up until Ctrl-C. Try:\n", highlight=False)
    console.print("\n".join(f"  {line}" for line in lines), highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m deploy.embedded run`: Kafka, Postgres and the services until Ctrl-C."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.ports import NAMES
from deploy.embedded.stack import EmbeddedStack
from deploy.embedded.supervisor import supervise
from deploy.errors import StackError
from shared.run.discovery import ALL, FRONTS, SERVICES

_BEGUN = time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after an orderly stop, 1 when the stack cannot start."""
    asked = _parser().parse_args(arguments)
    try:
        stack = EmbeddedStack(
            asked.data,
            services=[name for name in asked.services if name in SERVICES],
            fronts=[name for name in asked.services if name in FRONTS],
            ports=dict(_port(text) for text in asked.ports),
            default_ports=True,
            env={"RAPPORT_AUTH__MODE": asked.auth},
            fresh=asked.fresh,
            say=_say,
        )
        asyncio.run(supervise(stack, _say, _greet))
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    _say("Stopped. The data is kept.")
    return 0


def _parser() -> argparse.ArgumentParser:
    """Defaults come from the variables of `make run`."""
    environment = os.environ
    parser = argparse.ArgumentParser(prog="python -m deploy.embedded")
    run = parser.add_subparsers(required=True).add_parser("run", help="everything until Ctrl-C")
    run.add_argument("--data", type=Path, default=Path(environment.get("DATA") or ".run"), help="folder, kept (.run)")
    run.add_argument("--fresh", action="store_true", default=environment.get("FRESH", "") not in {"", "0"})
    run.add_argument("--auth", choices=("off", "jwt"), default=environment.get("AUTH") or "off")
    run.add_argument(
        "--ports",
        nargs="*",
        default=environment.get("PORTS", "").split(),
        metavar="NAME=PORT",
        help=", ".join(NAMES),
    )
    run.add_argument("--services", nargs="*", choices=ALL, default=ALL, help="only these")
    return parser


def _port(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in NAMES or not number.isdecimal() or not 0 < int(number) < 1 << 16:
        raise StackError(f"{text!r} asks for no port. Write NAME=PORT, where NAME is one of {', '.join(NAMES)}.")
    return name, int(number)


def _say(text: str) -> None:
    print(text, flush=True)


def _greet(stack: EmbeddedStack) -> None:
    folder = stack.folder.path
    lines = [f"\nRapport is up after {time.monotonic() - _BEGUN:.1f} s.\n"]
    lines += [f"  {name:<12} {stack.url(name)}" for name in stack.fronts]
    lines += [f"  {name:<12} {stack.url(name)}/docs" for name in stack.services]
    lines += [f"  {'Kafka':<12} {stack.bootstrap}", f"  {'data':<12} {folder} (logs, addresses.json, mail)", "\nTry:"]
    if "contacts" in stack.services:
        lines.append(f"  curl {stack.url('contacts')}/v1/parties")
    if "marketing" in stack.services:
        lines.append(f"  curl {stack.url('marketing')}/v1/audit/follow-ups")
    lines.append("  README.md sends a first sale to Kafka.  Ctrl-C stops; the data is kept.\n")
    _say("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())

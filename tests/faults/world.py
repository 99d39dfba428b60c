"""A stack that everything can happen to: behind proxies, on small disks, with a clock that can jump."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.embedded import EmbeddedStack
from deploy.embedded.folder import LAYOUT
from deploy.embedded.kafka import Kafka
from deploy.embedded.parts import Broker, Server
from deploy.embedded.ports import HOST, free_port
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import ROOT
from tests.faults.disks import small_disks
from tests.faults.proxy import Proxy

CAMPAIGNS = Path(__file__).with_name("campaigns")
_DATA_MIB, _LOGS_MIB, _MAIL_MIB = 3_000, 64, 512
"""A letter takes 4 KiB, and half an hour of the load sends some 25,000 of them."""


class ProxiedStack(EmbeddedStack):
    """Its services reach Kafka and Postgres through proxies; the test itself does not."""

    to_kafka: Proxy
    to_postgres: Proxy
    _behind: int

    async def open_proxies(self, entered: contextlib.AsyncExitStack) -> None:
        self._behind = free_port(set())
        self.to_kafka = await entered.enter_async_context(Proxy(self._behind))
        self.to_postgres = await entered.enter_async_context(Proxy(self._ports.of("postgres")))

    async def _make_servers(self) -> tuple[Broker, Server]:
        kafka, postgres = await super()._make_servers()
        assert isinstance(kafka, Kafka)
        assert isinstance(postgres, Postgres)
        kafka.advertised = {self._behind: self.to_kafka.port}
        return kafka, postgres

    def _environment(self, service: str) -> dict[str, str]:
        environment = super()._environment(service)
        direct = environment["RAPPORT_DATABASE__DSN"]
        proxied = direct.replace(self.postgres.address, f"{HOST}:{self.to_postgres.port}")
        return {
            **environment,
            "RAPPORT_KAFKA__BROKERS": f"{HOST}:{self.to_kafka.port}",
            "RAPPORT_DATABASE__DSN": proxied,
        }


@dataclass(slots=True)
class World:
    """`disks` says whether logs, mail and data have small disks of their own."""

    stack: ProxiedStack
    folder: Path
    disks: bool
    clock: Path

    @property
    def proxies(self) -> Mapping[str, Proxy]:
        return {"kafka": self.stack.to_kafka, "postgres": self.stack.to_postgres}

    def set_clock(self, seconds: float) -> None:
        """By how much the clock of every service is ahead from now on."""
        part = self.clock.with_suffix(".part")
        part.write_text(f"{seconds}\n", "ascii")
        part.replace(self.clock)

    async def operate(self, *arguments: str) -> Any:
        """The operators' command; its answer as JSON. Raises AssertionError where it fails."""
        command = [sys.executable, "-m", "tools.rapport", *arguments, "--stack", str(self.folder), "--json"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        answer, error = await process.communicate()
        assert process.returncode in {0, 1}, f"rapport {' '.join(arguments)}: {error.decode()}"
        return json.loads(answer)


@asynccontextmanager
async def opened_world(folder: Path, env: Mapping[str, str]) -> AsyncIterator[World]:
    """Up inside the block."""
    clock = folder.with_name(f"{folder.name}-clock")
    sizes = {folder: _DATA_MIB, folder / "logs": _LOGS_MIB, folder / "mail": _MAIL_MIB}
    with small_disks(sizes) as disks:
        (folder / "VERSION").write_text(f"{LAYOUT}\n", "utf-8")
        environment = {**env, "RAPPORT_CLOCK_OFFSET_FILE": str(clock)}
        async with contextlib.AsyncExitStack() as entered:
            stack = ProxiedStack(folder, env=environment)
            world = World(stack, folder, disks, clock)
            world.set_clock(0)
            await stack.open_proxies(entered)
            await entered.enter_async_context(stack)
            yield world


def copy_database(world: World, target: Path) -> None:
    """Postgres' folder as it is; call it when the server does not run."""
    shutil.copytree(world.folder / "postgres", target, dirs_exist_ok=False)


def put_back(world: World, source: Path) -> None:
    """The copy in the place of the folder, whose server does not run."""
    shutil.rmtree(world.folder / "postgres")
    os.sync()
    shutil.copytree(source, world.folder / "postgres")

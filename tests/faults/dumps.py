"""Services that are put back one by one, each from a dump of its own and of another time."""

import asyncio
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from deploy.embedded.postgres import BINARIES
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.world import World


async def put_dumps_back(world: World, nemesis: Nemesis, load: Load) -> None:
    """Each service's database is dumped at another time, and put back while the others go on; each is recovered."""
    services = nemesis.dice.sample(world.stack.services, len(world.stack.services))
    for service in services:
        await asyncio.to_thread(_dump, world, service)
        await load.some(60)
    for service in reversed(services):
        await asyncio.to_thread(_restore, world, service)
        await load.some(30)
    begun = monotonic()
    await nemesis.refused("restored", services)
    for service in services:
        await world.operate("recover", service, "--reason", "a dump was put back")
        if service == "marketing":
            nemesis.recovered = datetime.now(UTC)
    await nemesis.caught_up("dumps of different times put back and recovered", services, begun)


def _dump(world: World, service: str) -> None:
    _run("pg_dump", "--format=custom", f"--file={_file(world, service)}", world.stack.superuser_dsn(service))


def _restore(world: World, service: str) -> None:
    server = world.stack.superuser_dsn()
    _run("psql", "--quiet", "--command", f"drop database {service} with (force)", server)
    _run("pg_restore", "--exit-on-error", "--create", f"--dbname={server}", str(_file(world, service)))


def _file(world: World, service: str) -> Path:
    return world.folder.with_name(f"{world.folder.name}-{service}.dump")


def _run(command: str, *arguments: str) -> None:
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [BINARIES / command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"

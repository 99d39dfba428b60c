"""The worst day, one disaster after another, on a stack that is under load."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from time import monotonic

from deploy.errors import StartError
from tests.faults.bombs import send_bombs
from tests.faults.disks import fill, free
from tests.faults.dumps import put_dumps_back
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.world import World, copy_database, put_back

Disaster = Callable[[World, Nemesis, Load], Awaitable[None]]
_FULL_SECONDS = 20
_STEP_SECONDS = 60.0
"""Less than the five minutes by which a fact may be ahead of the clock. What was planned by a clock that was ahead is
due that much later, so the end waits as long.
"""


async def fill_logs(world: World, nemesis: Nemesis, load: Load) -> None:
    """No line can be logged for a while."""
    await _full(world, nemesis, "logs", load)


async def fill_mail(world: World, nemesis: Nemesis, load: Load) -> None:
    """No letter can be written for a while."""
    await _full(world, nemesis, "mail", load)


async def fill_data(world: World, nemesis: Nemesis, load: Load) -> None:
    """Neither Kafka nor Postgres can write; whichever ends over it is started again once there is space."""
    await _full(world, nemesis, "", load)


async def _full(world: World, nemesis: Nemesis, name: str, load: Load) -> None:
    del load
    place = world.folder / name
    await asyncio.to_thread(fill, place)
    await asyncio.sleep(_FULL_SECONDS)
    free(place)
    begun = monotonic()
    for server in ("kafka", "postgres"):
        if not world.stack.parts[server].child.is_alive():
            await _start_again(world, server)
    await nemesis.caught_up(f"no space for {name or 'data'} for {_FULL_SECONDS} s", world.stack.services, begun)


async def _start_again(world: World, name: str) -> None:
    """As an orchestrator does: until it stays up."""
    for _ in range(5):
        try:
            return await world.stack.start_part(name)
        except StartError:
            await world.stack.kill_part(name)
    return await world.stack.start_part(name)


async def put_database_back(world: World, nemesis: Nemesis, load: Load) -> None:
    """An older copy takes the place of the database while the services run; each refuses, and is recovered."""
    copy = world.folder.with_name(f"{world.folder.name}-copy")
    await asyncio.to_thread(shutil.rmtree, copy, ignore_errors=True)
    await world.stack.stop_part("postgres")
    await asyncio.to_thread(copy_database, world, copy)
    await world.stack.start_part("postgres")
    await load.some(200)
    await world.stack.stop_part("postgres")
    await asyncio.to_thread(put_back, world, copy)
    await world.stack.start_part("postgres")
    begun = monotonic()
    await nemesis.refused("restored", world.stack.services)
    for service in world.stack.services:
        await world.operate("recover", service, "--reason", "a copy was put back")
    nemesis.recovered = datetime.now(UTC)
    await nemesis.caught_up("a database put back and recovered", world.stack.services, begun)


async def stop_relays(world: World, nemesis: Nemesis, load: Load) -> None:
    """The holder of contacts' relay is stopped for longer than its shard is kept for it, while another one writes."""
    other = await world.stack.add("contacts", "contacts-2")
    for name in ("contacts", other):
        world.stack.suspend_part(name)
        await load.some(150)
        await asyncio.sleep(16)
        world.stack.resume_part(name)
        await nemesis.caught_up(f"{name} stopped while another member wrote", ("contacts",), monotonic())
    await world.stack.stop_part(other)


async def slow_network(world: World, nemesis: Nemesis, load: Load) -> None:
    """Each packet to and from Kafka and Postgres takes a while, then connections are cut, then they fall silent."""
    for name, proxy in world.proxies.items():
        proxy.delay = 0.05
        await load.some(60)
        for _ in range(5):
            proxy.cut()
            await load.some(20)
        proxy.delay = 0.0
        proxy.silence()
        await load.some(60)
        await asyncio.sleep(15)
        proxy.speak()
        await nemesis.caught_up(f"slow, cut and silent connections to {name}", world.stack.services, monotonic())


async def step_clocks(world: World, nemesis: Nemesis, load: Load) -> None:
    """Every service's clock jumps ahead, back behind the true time, and to it again."""
    for seconds in (_STEP_SECONDS, -_STEP_SECONDS, 0.0):
        world.set_clock(seconds)
        await load.some(80)
    await nemesis.caught_up("clocks that jumped", world.stack.services, monotonic())


async def grow_party(world: World, nemesis: Nemesis, load: Load) -> None:
    """One customer is told of under ever more customer numbers, up to three quarters of what a record holds."""
    await load.grow(facts=150, identities=15)
    await nemesis.caught_up("a party that grew", world.stack.services, monotonic())


DISASTERS: Mapping[str, Disaster] = {
    "logs": fill_logs,
    "mail": fill_mail,
    "data": fill_data,
    "restore": put_database_back,
    "dumps": put_dumps_back,
    "relays": stop_relays,
    "network": slow_network,
    "clocks": step_clocks,
    "growth": grow_party,
    "bombs": send_bombs,
}
NEED_DISKS = frozenset(["logs", "mail", "data"])

"""Batches that are small and unpack to hundreds of MiB; an operator lets their partitions go on behind them."""

import asyncio
import contextlib
import gzip
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from demo.oracle.ledger import SALE
from demo.world.facts import Fact
from deploy.embedded import EmbeddedStack
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.world import World
from tests.patience import Patience

_MIB = 1 << 20
_MOST_MEMORY = 400 * _MIB
"""By which the peak of a service may grow while it finds out: several fetches of all its readers and some copies, and
less than one bomb unpacked.
"""
_UNREADABLE = re.compile(r"offsets (\d+) to (\d+) cannot be read: TooLarge")


@dataclass(frozen=True, slots=True)
class Bomb:
    topic: str
    partition: int
    codec: str
    groups: tuple[str, ...]
    type: str = SALE
    size: int = 600 * _MIB


BOMBS = (
    Bomb("crm.ingest", 2, "gzip", ("contacts.ingest",)),
    Bomb("crm.ingest", 5, "lz4", ("contacts.ingest",), size=450 * _MIB),
    Bomb("crm.ingest", 8, "zstd", ("contacts.ingest",)),
    Bomb("crm.products", 1, "gzip", ("marketing.follow-ups", "forecasting.sales"), "crm.product.described.v1"),
)
"""LZ4 packs not much more into a record that a topic takes, and Snappy less than what a service unpacks."""
Read = tuple[str, str, int]
"""A group, and the topic and partition of which it reads."""
_NESTED = Bomb("crm.ingest", 3, "gzip", ())


async def send_bombs(world: World, nemesis: Nemesis, load: Load) -> None:
    """Small batches come that unpack to hundreds of MiB, and a packed one inside a record; an operator passes them."""
    _forget_peaks(world.stack)
    before = _peaks(world.stack)
    # In threads, since the connections of all services go through this loop.
    for bomb in BOMBS:
        await asyncio.to_thread(asyncio.run, _send(world.stack.bootstrap, bomb, bytes(bomb.size)))
    packed = await asyncio.to_thread(gzip.compress, bytes(_NESTED.size))
    await asyncio.to_thread(asyncio.run, _send(world.stack.bootstrap, _NESTED, packed))
    await load.some(100)
    begun = monotonic()
    offsets = await _find_all(world)
    skips = [("skip", group, f"{topic}/{number}", found) for (group, topic, number), found in offsets.items()]
    await asyncio.gather(_drop_nested(world), *(world.operate(*skip, "--reason", "a bomb") for skip in skips))
    await nemesis.caught_up("bombs, passed by an operator", world.stack.services, begun)
    for service, peak in _peaks(world.stack).items():
        grown = peak - before.get(service, peak)
        assert grown < _MOST_MEMORY, f"{service} took {grown // _MIB} MiB more for bombs"


async def _send(brokers: str, bomb: Bomb, value: bytes) -> None:
    """One record of this value, in a batch of its own."""
    at = datetime.now(UTC)
    fact = Fact(bomb.topic, bomb.type, f"bomb-{uuid4()}", "/shop", "bomb", at, at, {})
    async with AIOKafkaProducer(
        bootstrap_servers=brokers, compression_type=bomb.codec, max_batch_size=1 << 30, max_request_size=1 << 30
    ) as producer:
        batch = producer.create_batch()
        batch.append(key=fact.key.encode(), value=value, timestamp=None, headers=fact.headers())
        await (await producer.send_batch(batch, bomb.topic, partition=bomb.partition))


async def _find_all(world: World, within: float = 90) -> dict[Read, str]:
    """What `rapport lag` says to skip: the first and the last offset of every bomb, by who stands before it."""
    expected: set[Read] = {(group, bomb.topic, bomb.partition) for bomb in BOMBS for group in bomb.groups}
    patience, found = Patience(within), dict[Read, str]()
    while patience.lasts:
        for line in await world.operate("lag", "--partitions"):
            if said := _UNREADABLE.search(line["stopped"] or ""):
                found[line["group"], line["topic"], line["partition"]] = f"{said[1]}-{said[2]}"
        if expected <= found.keys():
            return {read: found[read] for read in expected}
        await asyncio.sleep(0.5)
    raise AssertionError(f"nobody says that these cannot be read: {expected - found.keys()}")


async def _drop_nested(world: World, within: float = 90) -> None:
    """The record with a packed one inside is no fact: nobody unpacks it, it waits in quarantine."""
    patience = Patience(within)
    while not (rows := await world.operate("quarantine", "--topic", "crm.ingest")):
        assert patience.lasts, "what is packed twice never came to quarantine"
        await asyncio.sleep(0.5)
    await world.operate("quarantine", "redrive", *(row["id"] for row in rows), "--drop", "a bomb")


def _peaks(stack: EmbeddedStack) -> dict[str, int]:
    """The most memory that each service has had so far, in bytes; nothing where no kernel tells."""
    peaks = {}
    for service in stack.services:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{stack.parts[service].child.pid}/status").read_text("ascii")
            (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
            peaks[service] = int(peak) * 1024
    return peaks


def _forget_peaks(stack: EmbeddedStack) -> None:
    for service in stack.services:
        with contextlib.suppress(OSError):
            Path(f"/proc/{stack.parts[service].child.pid}/clear_refs").write_text("5", "ascii")

"""All services under load while everything happens to them, and what must hold afterwards.

`python -m tests.faults.run SEED` takes fifteen minutes; the same seed plays the same faults in the same order.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx

from demo.oracle.campaigns import UNKNOWN, MessageKey, load_campaigns
from demo.oracle.comparison import Comparison
from demo.oracle.ledger import SALE
from demo.oracle.projections import compare_all
from demo.oracle.reading import SQL as ORACLE
from demo.play.outcome import audit
from demo.play.watch import SQL, Watch
from deploy.embedded import EmbeddedStack
from tests.faults import evidence
from tests.faults.disasters import DISASTERS, NEED_DISKS
from tests.faults.evidence import Published
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.shop import Shop
from tests.faults.world import CAMPAIGNS, World, opened_world
from tests.patience import Patience

ENV = {
    "RAPPORT_KAFKA__SESSION_TIMEOUT_MS": "6000",
    "RAPPORT_MARKETING__CAMPAIGNS": str(CAMPAIGNS),
    "RAPPORT_LOG__LEVEL": "warning",
}
RATE = 25.0
"""Moments of the shop a second: about thirty records."""
DRAIN_SECONDS = 180
REST_SECONDS = 10
OUTPUTS = ("crm.sales", "crm.parties", "crm.contacts", "crm.requests", "crm.campaigns", "crm.tickets", "crm.insights")


async def run_disasters(seed: int, folder: Path, minutes: float, names: Sequence[str]) -> list[str]:
    """Every way in which the services differ from the ledger after these disasters, again and again for so long."""
    say(f"seed {seed}: {', '.join(names)}, for {minutes:g} minutes")
    begun, dice = monotonic(), random.Random(seed)
    async with opened_world(folder, ENV) as world:
        say(
            "disks of their own: a tmpfs each" if world.disks else "no disks of their own: mounting is not allowed here"
        )
        databases = {service: world.stack.superuser_dsn(service) for service in world.stack.services}
        async with (
            Watch(world.stack.bootstrap, databases) as watch,
            Load(world.stack.bootstrap, Shop(seed), RATE) as load,
        ):
            await load.open()
            await drained(watch)
            nemesis = Nemesis(world.stack, watch, dice)
            loading = asyncio.create_task(load.run())
            try:
                await _play(world, nemesis, load, names, begun + minutes * 60)
            finally:
                load.end()
                await loading
            await drained(watch)
            tell_healed(nemesis)
            return [*await failures(world.stack, watch, load, nemesis), *await _unrest(world.stack)]


async def _play(world: World, nemesis: Nemesis, load: Load, names: Sequence[str], until: float) -> None:
    possible = [name for name in names if world.disks or name not in NEED_DISKS]
    for name in sorted(set(names) - set(possible)):
        say(f"not played without disks of their own: {name}")
    while possible:
        for name in nemesis.dice.sample(possible, len(possible)):
            say(f"{name}: {DISASTERS[name].__doc__}")
            await DISASTERS[name](world, nemesis, load)
        if monotonic() > until:
            return


async def drained(watch: Watch) -> None:
    """Nothing left to handle, publish, decide or send, at three looks in a row."""
    patience, quiet, left = Patience(DRAIN_SECONDS), 0, dict[str, Any]()
    while quiet < 3:
        standings, troubles = await watch.standings(), await watch.troubles(datetime.now(UTC))
        left = {name: (standings[name].lag, troubles[name].outbox, troubles[name].due_timers) for name in standings}
        left["letters"] = ((await watch.rows("marketing", SQL["count_unsent"]))[0]["unsent"],)
        # An answer to a survey about a sale that never comes is kept for an hour.
        held = "select count(*) from timer where name <> 'surveys'"
        left["held"] = ((await watch.rows("marketing", held))[0]["count"],)
        quiet = 0 if any(any(counts) for counts in left.values()) else quiet + 1
        assert patience.lasts, f"after {DRAIN_SECONDS} s there is left (lag, outbox, timers): {left}"
        await asyncio.sleep(0.3)


async def failures(stack: EmbeddedStack, watch: Watch, load: Load, nemesis: Nemesis) -> list[str]:
    """Every way in which the run differs from what the ledger says."""
    async with httpx.AsyncClient(timeout=60) as client:
        audited = await audit(client, stack.url("marketing"))
    records = await evidence.read_topics(stack.bootstrap, OUTPUTS)
    doubted = await _doubted(watch, nemesis)
    comparisons = await compare_all(watch, load.ledger, load_campaigns(CAMPAIGNS), doubted)
    _tell(load, audited, records, comparisons, nemesis.kills)
    sales = evidence.times_published(records, SALE)
    found = [f"the audit counts {audited[name]} {name}" for name in ("missing", "double", "waiting") if audited[name]]
    # A maildir is asked what became of a letter, so that no attempt stays unknown however many were cut off.
    excused = len({(message.origin, message.sale_id) for message in doubted})
    if audited["unknown"] > excused:
        found.append(f"the audit counts {audited['unknown']} unknown with a maildir, a recovery excuses {excused}")
    if audited["sales"] != len(load.ledger.sales):
        found.append(f"{audited['sales']} sales audited, {len(load.ledger.sales)} sent")
    found += [f"{sale} stands {sales[sale]} times on crm.sales" for sale in load.ledger.sales if sales[sale] != 1]
    found += [f"{sale} was never sent" for sale in sales.keys() - load.ledger.sales.keys()]
    found += evidence.sequence_faults(records)
    found += [f"{each.name}: {line}" for each in comparisons if not each.equal for line in each.explained]
    found += await evidence.older_after_newer(stack.bootstrap)
    for service in stack.services:
        found += await watch.refusals(service)
    for service, standing in (await watch.standings()).items():
        found += [f"{service} stands still: {reason}" for reason in standing.stopped]
    return found + await _wrong_letters(stack, watch)


async def _doubted(watch: Watch, nemesis: Nemesis) -> set[MessageKey]:
    """The messages that are unknown because they were due before a recovery: they may have been sent before it."""
    if nemesis.recovered is None:
        return set()
    return {
        MessageKey(row["origin"], row["sale_id"], row["campaign"], row["step"])
        for row in await watch.rows("marketing", ORACLE["load_messages"])
        if row["outcome"] == UNKNOWN and row["due_at"] <= nemesis.recovered
    }


async def _wrong_letters(stack: EmbeddedStack, watch: Watch) -> list[str]:
    """A letter for every message that was sent, and no other."""
    rows = await watch.rows("marketing", "select id::text from message where outcome = 'sent'")
    sent, lie = {row["id"] for row in rows}, set(evidence.letters(stack.folder.path / "mail"))
    return [f"no letter for message {id_}" for id_ in sent - lie] + [
        f"letter {id_} of no message" for id_ in lie - sent
    ]


def _tell(
    load: Load, audited: Mapping[str, Any], records: Sequence[Published], comparisons: Sequence[Comparison], kills: int
) -> None:
    rows = sum(each.rows for each in comparisons)
    say(f"{sum(load.sent.values())} records sent, {len(load.ledger.sales)} different sales, {kills} kills")
    say(f"{len(records)} records published, {evidence.resent(records)} of them second sendings; {rows} rows compared")
    say(f"audit: {dict(audited)}")
    for topic, type_ in (("crm.sales", SALE), ("crm.campaigns", "crm.message.planned.v1")):
        say(f"from crm.ingest to {type_} on {topic}: {_quantiles(_delays(load, records, type_))}")


def _delays(load: Load, records: Sequence[Published], type_: str) -> list[float]:
    """Milliseconds from the broker's taking a sale to its first event of this type, faults included."""
    sales = {r.id: (r.data["origin"], r.data["sale_id"]) for r in records if r.type == SALE}
    first: dict[tuple[str, str], int] = {}
    for record in records:
        if record.type == type_:
            sale = sales[record.data.get("trigger_event_id", record.id)]
            first[sale] = min(first.get(sale, record.at), record.at)
    return sorted(at - load.arrived[sale] for sale, at in first.items())


def _quantiles(delays: Sequence[float]) -> str:
    return f"p50 {delays[len(delays) // 2]:.0f} ms, p99 {delays[len(delays) * 99 // 100]:.0f} ms, n {len(delays)}"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell_healed(nemesis: Nemesis) -> None:
    for healed in nemesis.healed:
        say(f"{healed.seconds:6.1f} s to recover: {healed.fault}")


async def _unrest(stack: EmbeddedStack) -> list[str]:
    """Topics that grow although nobody sends anything, and services that are not ready without a person."""
    ends = await evidence.end_offsets(stack.bootstrap, OUTPUTS)
    await asyncio.sleep(REST_SECONDS)
    later = await evidence.end_offsets(stack.bootstrap, OUTPUTS)
    found = [f"{place} grew at rest, from {ends[place]} to {end}" for place, end in later.items() if end != ends[place]]
    return found + [f"{name} is not ready" for name in stack.services if not stack.parts[name].is_ready()]  # type: ignore[attr-defined]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 where anything differs; the first differences are printed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.run", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--minutes", type=float, default=15, help="begin another round until so many have passed (15)")
    parser.add_argument("--only", nargs="+", choices=DISASTERS, default=list(DISASTERS), help="these disasters")
    asked = parser.parse_args(arguments)
    for library in ("aiokafka", "asyncpg"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # that a server is away is what happens here
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run_disasters(asked.seed, Path(folder, "data"), asked.minutes, asked.only))
    for line in found[:50]:
        say(f"WRONG: {line}")
    say(
        f"seed {asked.seed}: {len(found)} differences" if found else f"seed {asked.seed}: everything as the ledger says"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""All services under load while each of them is killed, stopped and scaled, and Kafka and Postgres are killed."""

import asyncio
import os
import random
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from demo.oracle.campaigns import load_campaigns
from demo.oracle.comparison import Comparison
from demo.oracle.ledger import SALE
from demo.oracle.projections import compare_all
from demo.play.outcome import audit
from demo.play.watch import SQL, Watch
from deploy.embedded import EmbeddedStack
from tests.faults import evidence
from tests.faults.evidence import Published
from tests.faults.load import Load
from tests.faults.nemesis import Nemesis
from tests.faults.shop import Shop
from tests.stack import make_stack

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(600)]
CAMPAIGNS = Path(__file__).with_name("campaigns")
ENV = {
    "RAPPORT_KAFKA__SESSION_TIMEOUT_MS": "6000",
    "RAPPORT_MARKETING__CAMPAIGNS": str(CAMPAIGNS),
    "RAPPORT_LOG__LEVEL": "warning",
}
SEED = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(10**6))
RATE = 25.0
"""Moments of the shop a second: about thirty records."""
DRAIN_SECONDS = 120
OUTPUTS = ("crm.sales", "crm.parties", "crm.contacts", "crm.requests", "crm.campaigns", "crm.tickets", "crm.insights")


async def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        _say(f"\nFAULT_SEED={SEED}")
        begun = monotonic()
        async with make_stack(tmp_path, "embedded", env=ENV) as stack:
            databases = {service: stack.superuser_dsn(service) for service in stack.services}
            async with Watch(stack.bootstrap, databases) as watch, Load(stack.bootstrap, Shop(SEED), RATE) as load:
                await load.open()
                await _drained(watch)
                nemesis = Nemesis(stack, watch, random.Random(SEED))
                await _break_everything(nemesis, load)
                healing = monotonic()
                await _drained(watch)
                _say(
                    f"all handled {monotonic() - healing:.1f} s after the last fact, {monotonic() - begun:.0f} s in all"
                )
                for healed in nemesis.healed:
                    _say(f"{healed.seconds:6.1f} s to recover: {healed.fault}")
                assert await _failures(stack, watch, load, nemesis) == []


async def _break_everything(nemesis: Nemesis, load: Load) -> None:
    loading = asyncio.create_task(load.run())
    try:
        await asyncio.gather(
            nemesis.kill_at_points(("contacts", "support")), nemesis.kill_at_points(("marketing", "forecasting"))
        )
        await nemesis.suspend("marketing", 9)
        await nemesis.kill_server("kafka")
        await nemesis.kill_server("postgres")
        await nemesis.scale("contacts")
    finally:
        load.end()
        await loading


async def _drained(watch: Watch) -> None:
    """Nothing left to handle, publish, decide or send, at three looks in a row."""
    deadline, quiet, left = monotonic() + DRAIN_SECONDS, 0, dict[str, Any]()
    while quiet < 3:
        standings, troubles = await watch.standings(), await watch.troubles(datetime.now(UTC))
        left = {name: (standings[name].lag, troubles[name].outbox, troubles[name].due_timers) for name in standings}
        left["letters"] = ((await watch.rows("marketing", SQL["count_unsent"]))[0]["unsent"],)
        left["held"] = ((await watch.rows("marketing", "select count(*) from timer"))[0]["count"],)
        quiet = 0 if any(any(counts) for counts in left.values()) else quiet + 1
        assert monotonic() < deadline, f"after {DRAIN_SECONDS} s there is left (lag, outbox, timers): {left}"
        await asyncio.sleep(0.3)


async def _failures(stack: EmbeddedStack, watch: Watch, load: Load, nemesis: Nemesis) -> list[str]:
    """Every way in which the run differs from what the ledger says."""
    async with httpx.AsyncClient(timeout=60) as client:
        audited = await audit(client, stack.url("marketing"))
    records = await evidence.read_topics(stack.bootstrap, OUTPUTS)
    comparisons = await compare_all(watch, load.ledger, load_campaigns(CAMPAIGNS))
    _tell(load, audited, records, comparisons, nemesis.kills)
    sales = evidence.times_published(records, SALE)
    found = [f"the audit counts {audited[name]} {name}" for name in ("missing", "double", "waiting") if audited[name]]
    # A maildir is asked what became of a letter, so that no attempt stays unknown however many were cut off.
    found += [f"the audit counts {audited['unknown']} unknown with a maildir"] * bool(audited["unknown"])
    if audited["sales"] != len(load.ledger.sales):
        found.append(f"{audited['sales']} sales audited, {len(load.ledger.sales)} sent")
    found += [f"{sale} stands {sales[sale]} times on crm.sales" for sale in load.ledger.sales if sales[sale] != 1]
    found += [f"{sale} was never sent" for sale in sales.keys() - load.ledger.sales.keys()]
    found += evidence.sequence_faults(records)
    found += [f"{each.name}: {line}" for each in comparisons if not each.equal for line in each.explained]
    for service in stack.services:
        found += await watch.refusals(service)
    for service, standing in (await watch.standings()).items():
        found += [f"{service} stands still: {reason}" for reason in standing.stopped]
    return found + await _wrong_letters(stack, watch)


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
    _say(f"{sum(load.sent.values())} records sent, {len(load.ledger.sales)} different sales, {kills} kills")
    _say(f"{len(records)} records published, {evidence.resent(records)} of them second sendings; {rows} rows compared")
    _say(f"audit: {dict(audited)}")
    for topic, type_ in (("crm.sales", SALE), ("crm.campaigns", "crm.message.planned.v1")):
        _say(f"from crm.ingest to {type_} on {topic}: {_quantiles(_delays(load, records, type_))}")


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


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

"""A sale on `crm.ingest` becomes a planned follow-up on `crm.campaigns`: all services, as `make run` starts them."""

import asyncio
import sys
import time
from dataclasses import replace
from urllib.parse import urlsplit

import asyncpg

from bench.client import run_client
from bench.cpu import Meter, resident_mib
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.stack import EmbeddedStack
from services.marketing.settings import OWN_CAMPAIGNS
from shared.run.discovery import SERVICES

RATE, READERS = 200, 60
READY_MADE = OWN_CAMPAIGNS / "ready-made"
_PATIENCE_S = 600
_RESTING_S, _RESTING_CORES = 3, 0.4
"""What counts as rest: without work the stack takes a sixth of a core."""
_STARTING_S = 3
"""How much longer the readers read than the shop sends, which begins a little later."""
READ = "select count(*) from sale"
UNSENT = "select count(*) from message where outcome is null"
COMPARED = """
select coalesce(bool_and(compared_at is not null), true)
    and (select count(*) from matching_record) < greatest(1000, 1.5 * max(base))
from (select base, compared_at from matching_model order by version desc limit 1) as newest
"""
"""Whether there are too few parties to learn weights anew, and all were compared by those that were learnt last."""


async def measure(sizes: Sizes) -> list[Row]:
    """The rows `main job` (as fast as it goes), `main job at 200/s`, the same beside readers of the audit, and as fast
    as it goes with every ready-made campaign in force.
    """
    async with fresh_stack(SERVICES) as stack:
        say(f"  {sizes.customers} customers come to be known")
        await run_client("bench.feed", stack.bootstrap, "introduce", sizes.customers)
        await _settled(stack, sizes.customers)
        await _at_rest(stack)
        say(f"  {sizes.sales} sales at once")
        bulk = await _with_letters(stack, sizes)
        say(f"  {RATE} sales a second for {sizes.seconds:g} s")
        alone = await _pace(stack, sizes)
        say(f"  the same beside {READERS} readers of the audit")
        read = await _beside_readers(stack, sizes, alone)
        say(f"  {sizes.sales} sales at once, with every ready-made campaign in force")
        await _publish(stack)
        return [bulk, alone, read, await _drain(stack, sizes, "main job with ready-made campaigns", Meter(stack.pids))]


async def _publish(stack: EmbeddedStack) -> None:
    """As an operator does."""
    for what, folder in (("segments", READY_MADE / "segments"), ("campaigns", READY_MADE)):
        url = ("--url", stack.url("marketing"))
        command = (
            sys.executable,
            "-m",
            "tools.rapport",
            what,
            "publish",
            *map(str, sorted(folder.glob("*.yaml"))),
            *url,
        )
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        if await process.wait():
            raise RuntimeError(f"the ready-made {what} could not be published")


async def _with_letters(stack: EmbeddedStack, sizes: Sizes) -> Row:
    """The row `main job`, and what its letters cost that went out afterwards."""
    meter = Meter(stack.pids)
    row = await _drain(stack, sizes, "main job", meter)
    planned = meter.spent().total
    await _settled(stack, sizes.customers + sizes.sales)
    return replace(
        row, more={**row.more, "letters_after_us": round((meter.spent().total - planned) / sizes.sales * 1e6, 1)}
    )


async def _drain(stack: EmbeddedStack, sizes: Sizes, work: str, meter: Meter) -> Row:
    answer = await run_client("bench.feed", stack.bootstrap, "drain", sizes.customers, sizes.sales)
    spent = meter.spent().less("bench", answer["startup_s"])
    return Row(
        work,
        answer["rate"],
        "sales",
        cpu_us=spent.total / sizes.sales * 1e6,
        cores=spent.total / answer["seconds"],
        parties=sizes.customers,
        more={
            **spent.per(sizes.sales),
            "planned_besides": answer["doubles"] / sizes.sales,
            "seconds": answer["seconds"],
            **{f"{name}_mib": round(resident_mib(stack.pids[name]), 1) for name in SERVICES},
        },
        note="all services, broker, databases, generator and listener on this machine; letters go out meanwhile",
    )


async def _pace(stack: EmbeddedStack, sizes: Sizes) -> Row:
    await run_client("bench.feed", stack.bootstrap, "pace", sizes.customers, RATE * 5, RATE)
    number = int(RATE * sizes.seconds)
    meter, begun = Meter(stack.pids), time.perf_counter()
    answer = await run_client("bench.feed", stack.bootstrap, "pace", sizes.customers, number, RATE)
    seconds, spent = time.perf_counter() - begun, meter.spent().less("bench", answer["startup_s"])
    return Row(
        f"main job at {RATE}/s",
        answer["rate"],
        "sales",
        p50_ms=answer["p50_ms"],
        p99_ms=answer["p99_ms"],
        cpu_us=spent.total / number * 1e6,
        cores=spent.total / seconds,
        parties=sizes.customers,
        more={**spent.per(number), "max_ms": answer["max_ms"], "doubles": answer["doubles"]},
        note="from the time at which a sale was to be sent to its message.planned; letters go out meanwhile",
    )


async def _beside_readers(stack: EmbeddedStack, sizes: Sizes, alone: Row) -> Row:
    port, seconds = urlsplit(stack.url("marketing")).port, sizes.seconds + _STARTING_S
    reading = asyncio.create_task(run_client("bench.load", port, seconds, READERS, "audit"))
    answer = await run_client("bench.feed", stack.bootstrap, "pace", sizes.customers, int(RATE * sizes.seconds), RATE)
    read = await reading
    assert alone.p99_ms is not None
    return Row(
        f"main job beside {READERS} readers",
        answer["rate"],
        "sales",
        peer="p99 without readers, by p99 with them",
        ratio=alone.p99_ms / answer["p99_ms"],
        p50_ms=answer["p50_ms"],
        p99_ms=answer["p99_ms"],
        parties=sizes.customers,
        more={
            "max_ms": answer["max_ms"],
            "doubles": answer["doubles"],
            "audits": read["rate"],
            "audit_p99_ms": read["p99_ms"],
            "busy": read["busy"],
        },
        note="each reader asks for the whole audit again as soon as it is answered, also by 503 busy",
    )


async def _settled(stack: EmbeddedStack, sales: int) -> None:
    """Wait until marketing has read so many sales and every letter has gone."""
    connection = await asyncpg.connect(stack.superuser_dsn("marketing"))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while await connection.fetchval(READ) < sales or await connection.fetchval(UNSENT):
                await asyncio.sleep(1)
    finally:
        await connection.close()


async def _at_rest(stack: EmbeddedStack) -> None:
    """Wait until what nobody waits for is done too: who was introduced is compared with all others, by the weights that
    are learnt of so many, and rated.
    """
    connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not await _rests(stack) or not await connection.fetchval(COMPARED):
                pass
    finally:
        await connection.close()


async def _rests(stack: EmbeddedStack) -> bool:
    meter = Meter(stack.pids)
    await asyncio.sleep(_RESTING_S)
    spent = meter.spent()
    return spent.total - spent.parts["bench"] < _RESTING_CORES * _RESTING_S

"""What it costs to look at customers, among few and among ten times as many."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg

from bench import search
from bench.client import run_client
from bench.cpu import Meter
from bench.parties import add_parties, add_pasts
from bench.rows import Row
from bench.sales import party
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.stack import EmbeddedStack

KINDS = ("view", "past", "names", "duplicates")
_ROUND_S, _CLIENTS, _ALIKE = 3, 1, 20
_DUPLICATE = ("low_id", "high_id", "reason", "suspected_at", "bits", "reasons")


async def measure(sizes: Sizes) -> list[Row]:
    """The rows `search` and `customers`: what a request costs, and how much more among ten times as many parties."""
    many, seconds = sizes.found_among, min(_ROUND_S, sizes.seconds / 4)
    few = many // 10
    costs: dict[int, dict[str, dict[str, float]]] = {}
    async with fresh_stack(["contacts"]) as stack:
        for begin, end in ((0, few), (few, many)):
            say(f"  {end} parties are written")
            await _add(stack, begin, end)
            costs[end] = {kind: await _ask(stack, kind, end, seconds) for kind in KINDS}
    return [search.row_of(costs[many]["names"], many), _row(costs[few], costs[many], many)]


def _row(few: Mapping[str, Mapping[str, float]], many: Mapping[str, Mapping[str, float]], parties: int) -> Row:
    view = many["view"]
    figures = {
        f"{kind}_{name}": value
        for kind in KINDS
        for name, value in (
            ("growth", many[kind]["cpu_us"] / few[kind]["cpu_us"]),
            ("us", many[kind]["cpu_us"]),
            ("p95_ms", many[kind]["p95_ms"]),
        )
    }
    return Row(
        "customers",
        view["rate"],
        "requests",
        p50_ms=view["p50_ms"],
        p99_ms=view["p99_ms"],
        cpu_us=view["cpu_us"],
        parties=parties,
        more=figures,
        note="one client; growth is in processor time, from a tenth of the parties; rate and times are of the 360 view",
    )


async def _add(stack: EmbeddedStack, begin: int, end: int) -> None:
    """Parties of these numbers with their histories, former descriptions and names, some of them alike."""
    connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
    await search.add_names(connection, begin, end)
    await add_pasts(connection, begin, end)
    await connection.copy_records_to_table("duplicate", columns=_DUPLICATE, records=_alike(begin, end))
    await add_parties(connection, begin, end, history=True)
    await connection.close()


def _alike(begin: int, end: int) -> Iterable[tuple[object, ...]]:
    """One pair for so many parties."""
    now = datetime.now(UTC)
    for number in range(begin, end - 1, _ALIKE):
        low, high = sorted((party(number), party(number + 1)))
        yield low, high, "likeness", now - timedelta(seconds=number), 5 + number % 100 / 10, ["the name is alike"]


async def _ask(stack: EmbeddedStack, kind: str, parties: int, seconds: float) -> dict[str, float]:
    meter, port = Meter(stack.pids), int(stack.url("contacts").rpartition(":")[2])
    answer = await run_client("bench.load", port, seconds, _CLIENTS, kind, parties)
    spent = meter.spent().parts
    requests = answer["rate"] * (seconds + 1)  # the client warms up for a second
    say(f"  {kind}: p95 {answer['p95_ms']:.1f} ms")
    return {**answer, "cpu_us": (spent["contacts"] + spent["postgres"]) / requests * 1e6}

"""Creating contacts over HTTP one by one and in batches, and finding one among few and among many."""

import asyncio
import os
import statistics
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import asyncpg

from bench.client import run_client
from bench.cpu import Meter
from bench.parties import add_parties
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from deploy.embedded.stack import EmbeddedStack

CLIENTS, CALL = 8, 100
FEW = 10_000
_ROUND_S, _WARM_S = 4, 1.0
_PROCESSES = max(1, min(os.cpu_count() or 1, CLIENTS))


async def create(sizes: Sizes) -> list[Row]:
    """The rows `create contacts`, in one process, and `create contacts in batches`, in one for each core."""
    async with fresh_stack(["contacts"]) as stack:
        await _load(stack, min(5, sizes.seconds), "create", 10_000_000)
        one = await _created(stack, "create contacts", sizes, "create", 1, ["contacts"])
        names = ["contacts", *[await stack.add("contacts", f"contacts-{n}") for n in range(2, _PROCESSES + 1)]]
        many = await _created(stack, "create contacts in batches", sizes, "batch", CALL, names)
        return [one, many]


async def _created(stack: EmbeddedStack, work: str, sizes: Sizes, kind: str, size: int, names: Sequence[str]) -> Row:
    """With as many clients at each of these processes; percentiles are those of the slowest."""
    meter, clients = Meter(stack.pids), CLIENTS // len(names)
    answers = await asyncio.gather(
        *(
            _load(stack, sizes.seconds, kind, *numbers, name=name, clients=clients)
            for name, numbers in _shares(names, size)
        )
    )
    spent = meter.spent().parts
    rate = sum(answer["rate"] for answer in answers)
    made = rate * (sizes.seconds + _WARM_S) * size
    parts = {"contacts": sum(spent[name] for name in names), "postgres": spent["postgres"], "kafka": spent["kafka"]}
    return Row(
        work,
        rate * size,
        "contacts",
        p50_ms=max(answer["p50_ms"] for answer in answers),
        p99_ms=max(answer["p99_ms"] for answer in answers),
        cpu_us=sum(parts.values()) / made * 1e6,
        parties=round(made),
        more={f"{name}_us": seconds / made * 1e6 for name, seconds in parts.items()}
        | {"client_us": sum(answer["client_us"] * answer["rate"] for answer in answers) / rate / size}
        | {"processes": len(names)},
        note=f"{CLIENTS} clients, {size} a call; each is registered and described on Kafka, which goes on meanwhile",
    )


def _shares(names: Sequence[str], size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """To each process the numbers of contacts that nobody else makes."""
    for place, name in enumerate(names):
        yield name, (0,) if size == 1 else (20_000_000 * (place + 1), size)


async def find(sizes: Sizes) -> list[Row]:
    """The row `find by e-mail`: two instances, each over a database of its own, asked in turns."""
    async with fresh_stack() as stack:
        await stack.ensure_databases("contacts")
        say(f"  {FEW} parties in one database, {sizes.found_among} in another")
        few, many = stack.superuser_dsn("contacts"), await _second_database(stack)
        for dsn, parties in ((few, FEW), (many, sizes.found_among)):
            connection = await asyncpg.connect(dsn)
            await add_parties(connection, 0, parties, history=False)
            await connection.close()
        await stack.add("contacts", env={"RAPPORT_DATABASE__DSN": few})
        await stack.add("contacts", "contacts-many", env={"RAPPORT_DATABASE__DSN": many})
        sides = {"contacts": FEW, "contacts-many": sizes.found_among}
        answers: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for number in range(sizes.rounds + 1):
            for name in sorted(sides, reverse=number % 2 == 1):
                answers[name].append(await _asked(stack, name, sides[name], min(_ROUND_S, sizes.seconds)))
            few_us, many_us = (answers[name][-1]["cpu_us"] for name in sides)
            say(f"  round {number}: {few_us:,.0f} µs among few, {many_us:,.0f} µs among many")
        return [_found(answers["contacts"][1:], answers["contacts-many"][1:], sizes)]


def _found(few: list[dict[str, float]], many: list[dict[str, float]], sizes: Sizes) -> Row:
    growth = [more["cpu_us"] / less["cpu_us"] for less, more in zip(few, many, strict=True)]
    slower = [less["rate"] / more["rate"] for less, more in zip(few, many, strict=True)]

    def median(name: str) -> float:
        return statistics.median(answer[name] for answer in many)

    return Row(
        "find by e-mail",
        median("rate"),
        "requests",
        p50_ms=median("p50_ms"),
        p99_ms=median("p99_ms"),
        cpu_us=median("cpu_us"),
        parties=sizes.found_among,
        more={
            "growth": statistics.median(growth),
            "slower": statistics.median(slower),
            "among_few_us": statistics.median(answer["cpu_us"] for answer in few),
            "client_us": median("client_us"),
        },
        note=f"growth: cpu of contacts and Postgres a request against the same among {FEW:,} parties, in turns",
    )


async def _asked(stack: EmbeddedStack, name: str, parties: int, seconds: float) -> dict[str, float]:
    meter = Meter(stack.pids)
    answer = await _load(stack, seconds, "find", parties, name=name)
    parts = meter.spent().parts
    made = answer["rate"] * (seconds + _WARM_S)
    return {**answer, "cpu_us": (parts[name] + parts["postgres"]) / made * 1e6}


async def _second_database(stack: EmbeddedStack) -> str:
    root = await asyncpg.connect(stack.superuser_dsn())
    await root.execute("create database contacts_many template contacts")
    await root.close()
    return stack.superuser_dsn("contacts_many")


async def _load(
    stack: EmbeddedStack, seconds: float, kind: str, *numbers: int, name: str = "contacts", clients: int = CLIENTS
) -> dict[str, float]:
    return await run_client("bench.load", urlsplit(stack.url(name)).port, seconds, clients, kind, *numbers)

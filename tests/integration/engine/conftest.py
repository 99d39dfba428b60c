"""Kafka and Postgres for the engine's own tests."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from tests.integration.engine.probe import EFFECTS, NAME, Probe
from tests.stack import make_stack


@pytest.fixture(scope="package")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """A stack of its own: these tests delete topics and databases."""
    stack = make_stack(tmp_path_factory.mktemp("engine"), services=())

    async def prepare() -> None:
        await stack.start()
        await stack.ensure_databases(NAME)
        connection = await asyncpg.connect(stack.owner_dsn(NAME))
        await connection.execute(EFFECTS)
        await connection.close()

    try:
        asyncio.run(prepare())
        yield Probe(stack)
    finally:
        asyncio.run(stack.stop())

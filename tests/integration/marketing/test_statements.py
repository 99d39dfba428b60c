"""Every statement is one that the database takes."""

from pathlib import Path

from shared.sql import load_queries
from tests.integration.marketing.running import Marketing

FILES = sorted((Path(__file__).parents[3] / "services/marketing").glob("*/queries.sql"))


async def test_every_statement_can_be_prepared(marketing: Marketing) -> None:
    assert len(FILES) > 3
    async with marketing.pool.acquire() as connection:
        for file in FILES:
            for name, statement in load_queries(file).items():
                prepared = await connection.prepare(statement)
                assert prepared.get_query() == statement, (file.parent.name, name)

"""Every statement is one that the database takes."""

from services.marketing.store import SQL
from tests.integration.marketing.running import Marketing


async def test_every_statement_can_be_prepared(marketing: Marketing) -> None:
    async with marketing.pool.acquire() as connection:
        for name, statement in SQL.items():
            prepared = await connection.prepare(statement)
            assert prepared.get_query() == statement, name

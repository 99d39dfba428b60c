"""Archives on a real Postgres: every table of every service can be asked, and nobody else's rows come with them."""

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.engine.archive import Archived, read_rows, read_tables, select
from shared.run.discovery import SERVICES
from shared.run.migrate import migrate
from tests.integration.shared.conftest import Base

ADA, BOB = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_that_an_archive_names_can_be_read(database: Base, service: str) -> None:
    await asyncio.to_thread(migrate, service, database.owner)
    tables = read_tables(service)
    assert tables
    connection: Any = await asyncpg.connect(database.superuser)
    try:
        async with connection.transaction():
            assert [row async for row in read_rows(connection, tables, [ADA, BOB])] == []
    finally:
        await connection.close()


async def test_rows_come_by_what_they_belong_to_and_however_many_there_are(database: Base) -> None:
    tables = {
        "ticket": Archived("ticket", ("party_id",)),
        "reply": Archived("reply", (), "ticket_id", "ticket"),
        "note": Archived("note", (), "reply_number", "reply", "number"),
        "pair": Archived("pair", ("low_id", "high_id")),
    }
    connection: Any = await asyncpg.connect(database.superuser)
    try:
        await connection.execute(
            f"""
            create table ticket (id int, party_id uuid, body text);
            create table reply (number int, ticket_id int);
            create table note (reply_number int);
            create table pair (low_id uuid, high_id uuid);
            insert into ticket values (1, '{ADA}', 'it''s "broken"'), (2, '{BOB}', 'hers');
            insert into reply select number, 1 + number % 2 from generate_series(0, 2999) as number;
            insert into note values (0), (1);
            insert into pair values ('{ADA}', '{BOB}'), ('{BOB}', '{BOB}');
            """
        )
        async with connection.transaction():
            found = [(table, json.loads(row)) async for table, row in read_rows(connection, tables, [ADA])]
    finally:
        await connection.close()
    assert [row for table, row in found if table == "ticket"] == [
        {"id": 1, "party_id": str(ADA), "body": 'it\'s "broken"'}
    ]
    assert sorted(row["number"] for table, row in found if table == "reply") == list(range(0, 3000, 2))
    assert [row for table, row in found if table == "note"] == [{"reply_number": 0}]
    assert [row for table, row in found if table == "pair"] == [{"low_id": str(ADA), "high_id": str(BOB)}]


def test_nothing_but_ids_comes_into_a_statement() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        select(Archived("party", ("id",)), {}, ["1'; drop table party --"])  # type: ignore[list-item]  # no id

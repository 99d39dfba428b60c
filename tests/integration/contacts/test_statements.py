import asyncpg
import pytest

from services.contacts.store import SQL
from tests.integration.contacts.running import Contacts


@pytest.mark.parametrize("search_path", ["public", "timeline_v1, public"])
async def test_every_statement_is_understood_by_the_database(dsn: str, search_path: str) -> None:
    """With the search path of HTTP, which reads the version in force, and with that of the projection's handlers."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": search_path})
    try:
        for statement in SQL.values():
            await connection.prepare(statement)
    finally:
        await connection.close()


A_PARTY = "'00000000-0000-0000-0000-000000000001'"
MARCH = "'2026-03-01Z', '2026-09-01Z'"
HOT = {
    "find_homes": (["identity_value_type_system_key", "party_pkey"], "'{email}', '{\"\"}', '{ada@example.com}'"),
    "lock_parties": (["party_pkey"], "'{00000000-0000-0000-0000-000000000001}'"),
    "load_identities": (["identity_party"], "'{00000000-0000-0000-0000-000000000001}'"),
    "load_sales": (["sale_pkey"], "'{/shop}', '{s-1}'"),
    "load_cares": (["care_pkey"], "'{00000000-0000-0000-0000-000000000001}'"),
    "view_party": (["party_pkey", "identity_party", "line_2026_03_pkey", "message_pkey"], f"{A_PARTY}, {MARCH}"),
    "read_lines": (["line_2026_03_pkey"], f"{A_PARTY}, {MARCH}, '2027-01-01Z', '2027-01-01Z', '', null, 50"),
    "list_parties": (["party_pkey"], f"{A_PARTY}, 50"),
    "find_by_identity": (["identity_value_type_system_key", "party_pkey"], "'{ada@example.com}', 50"),
    "find_by_name": (["party_name"], f"'ada', '', {A_PARTY}, 50"),
    "load_texts": (["fact_text_pkey"], A_PARTY),
}


@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_read_by_index_and_only_the_months_in_use(contacts: Contacts, name: str) -> None:
    """With a sequential scan priced out, the plan must use the indexes made for it, and scan nothing whole."""
    indexes, arguments = HOT[name]
    async with contacts.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare hot as {SQL[name]}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute hot ({arguments})"))
        await connection.execute("deallocate hot")
    assert all(index in plan for index in indexes)
    assert "Seq Scan" not in plan
    assert "line_2015_01" not in plan

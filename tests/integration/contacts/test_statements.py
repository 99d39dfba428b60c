import re
from uuid import UUID

import asyncpg
import pytest

from tests.integration.contacts.running import NOW, Contacts
from tests.integration.running import plan_without_seqscan, statements_of

SQL = statements_of("contacts")


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
THE_PARTY = f"'{{{A_PARTY[1:-1]}}}'"
MARCH = "'2026-03-01Z', '2026-09-01Z'"
HOT = {
    "parties.find_homes": "'{email}', '{\"\"}', '{ada@example.com}'",
    "parties.lock_parties": "'{00000000-0000-0000-0000-000000000001}'",
    "parties.load_identities": "'{00000000-0000-0000-0000-000000000001}'",
    "intake.load_sales": "'{/shop}', '{s-1}'",
    "lifecycle.load_lives": "'{00000000-0000-0000-0000-000000000001}'",
    "overview.load_view": f"{THE_PARTY}, {MARCH}, 10",
    "overview.load_around": f"{THE_PARTY}, {MARCH}, 24, 51",
    "timeline.load_lines": f"{THE_PARTY}, {MARCH}, '2027-01-01Z', '2027-01-01Z', '', null, 50",
    "timeline.find_event": f"{A_PARTY}, {MARCH}",
    "overview.list_parties": f"{A_PARTY}, 50",
    "overview.find_by_identity": f"'{{ada@example.com}}', {A_PARTY}, 50",
    "overview.find_by_name": f"'ada', '', {A_PARTY}, 50",
    "intake.load_texts": A_PARTY,
    "parties.find_family": A_PARTY,
    "relations.walk": f"{THE_PARTY}, 'employs', {THE_PARTY}, 100",
    "consents.load_statements": f"'{{{A_PARTY[1:-1]}}}', '{{marketing}}', '{{news}}', '{{email}}'",
}


LISTS = {
    "search.find_candidates": ("searched_party_words", "'{maria}', '{holm}', null, null, 200"),
    "merges.list_merges_of": ("party_merge_into", f"{A_PARTY}, {A_PARTY}, 51"),
    "matching.list_doubted": ("duplicate_doubted", f"'merged', 2, {A_PARTY}, 51"),
    "completeness.list_buyers": ("total_worst", f"'DKK', 2, {A_PARTY}, 51"),
}
"""Lists of requests that may be narrowed, each with the index that has to narrow it."""


@pytest.mark.parametrize("name", LISTS)
async def test_what_narrows_a_list_is_looked_up_whatever_the_values(contacts: Contacts, name: str) -> None:
    """Requests plan a statement once: what no index takes then is compared with each row of a table."""
    index, arguments = LISTS[name]
    plan = await plan_without_seqscan(contacts.pool, SQL[name], arguments)
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
    assert not re.search(r"Filter:.*(\$\d IS NULL|NOT \$\d)\)* OR ", plan), plan


@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_look_up_by_index_in_the_months_in_use_alone(contacts: Contacts, name: str) -> None:
    """With sequential scans priced out, every scan of a table is of an index and has a condition on it."""
    plan = await plan_without_seqscan(contacts.pool, SQL[name], HOT[name])
    scans = len(re.findall(r"Index (?:Only )?Scan (?:Backward )?using|Bitmap Index Scan on", plan))
    assert scans == plan.count("Index Cond:") > 0, plan
    assert "Seq Scan" not in plan
    assert "line_2015_01" not in plan


async def test_of_many_pairs_that_are_one_those_of_a_party_are_looked_up(contacts: Contacts) -> None:
    async with contacts.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "insert into duplicate (low_id, high_id, reason, suspected_at, state, merged_id)"
            " select least(one, other), greatest(one, other), 'likeness', now(), 'merged', one"
            " from (select gen_random_uuid() as one, gen_random_uuid() as other from generate_series(1, 2000)) as pair"
        )
        await connection.execute("analyze duplicate")
        rows = await connection.fetch(f"explain {SQL['matching.settle_duplicates']}", [UUID(int=1)], [None], NOW)
        await transaction.rollback()
    plan = "\n".join(row[0] for row in rows)
    assert "duplicate_merged" in plan, plan
    assert "Seq Scan" not in plan, plan

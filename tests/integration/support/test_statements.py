import asyncpg
import pytest

from tests.integration.running import plan_without_seqscan, statements_of
from tests.integration.support.running import Support

SQL = statements_of("support")


@pytest.mark.parametrize("name", sorted(SQL))
async def test_every_statement_is_understood_by_the_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.prepare(SQL[name])
    finally:
        await connection.close()


HOT = {
    "tickets.load_references": ("ticket_reference_pkey", "'{00000000-0000-0000-0000-000000000001}', '{<m1>}'"),
    "desk.list_tickets": ("ticket_number_key", "1000, 50"),
    "desk.list_tickets_by_status": ("ticket_status", "1000, 50, 'new'"),
    "desk.list_tickets_of_parties": ("ticket_party", "1000, 50, '{00000000-0000-0000-0000-000000000001}', null"),
    "desk.find_replies": (
        "reply_ticket",
        "'{00000000-0000-0000-0000-000000000001}', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 101",
    ),
    "sla.list_deadlines": (
        "sla_promise_due",
        "'2026-03-01T00:00:00Z', '00000000-0000-0000-0000-000000000001', 50",
    ),
    "sla.load_tickets": ("ticket_pkey", "'{00000000-0000-0000-0000-000000000001}'"),
    "sla.load_happened": ("reply_ticket", "'{00000000-0000-0000-0000-000000000001}'"),
    "sla.load_promises": ("sla_promise_pkey", "'{00000000-0000-0000-0000-000000000001}'"),
    "sla.save_deadlines": ("sla_promise_pkey", "'{00000000-0000-0000-0000-000000000001}', '{2026-03-01T00:00:00Z}'"),
    "routing.list_waiting": (
        "assignment_waiting",
        "'payments', 3::smallint, '2026-03-01T00:00:00Z', '00000000-0000-0000-0000-000000000001', 50",
    ),
    "triage.count_new_examples": ("triage_example_number", "10, 50"),
    "triage.judge_shadow": ("triage_example_number", "1, 2, 10"),
    "triage.list_models": ("triage_example_number", "1000, 51"),
    "routing.find_held": ("assignment_agent", "'{staff-1}'"),
    "copies.load_terms": ("agreement_party", "'{00000000-0000-0000-0000-000000000001}', '2026-03-01T00:00:00Z'"),
    "copies.lock_parties": ("party_pkey", "'{00000000-0000-0000-0000-000000000001}'"),
}


@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_read_by_index(support: Support, name: str) -> None:
    """With a sequential scan priced out, the plan must use the index made for the statement, and scan nothing whole."""
    index, arguments = HOT[name]
    plan = await plan_without_seqscan(support.pool, SQL[name], arguments)
    assert index in plan
    assert "Seq Scan" not in plan

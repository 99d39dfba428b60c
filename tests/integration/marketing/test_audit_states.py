"""The audit's six states against a plain reading of the same rows, whatever stands in the tables."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings, strategies as st

from services.marketing.audit import store as audit
from services.marketing.audit.store import SQL
from tests.integration.marketing.running import Marketing
from tests.integration.running import plan_without_seqscan
from tests.unit.marketing.facts import ADA, NOW

# of a sale: its follow-up enrolments; its first messages, each as (with a campaign, outcome, what will wake it)
Rows = tuple[int, list[tuple[bool, str | None, str]]]
rows_of_a_sale = st.tuples(
    st.integers(0, 2),
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from([None, "sent", "skipped", "unknown"]),
            st.sampled_from(["timer", "dispatch", "nothing"]),
        ),
        max_size=2,
    ),
)


def state(rows: Rows) -> tuple[str, str | None]:
    """What the contract says of such a sale."""
    enrolments, messages = rows
    if enrolments > 1 or len(messages) > 1:
        return "double", None
    if not messages:
        return "missing", None
    ((with_campaign, outcome, waker),) = messages
    if with_campaign != bool(enrolments) or (outcome is None and waker == "nothing"):
        return "missing", None
    return {None: "waiting", "sent": "one"}.get(outcome, outcome or ""), "no_consent" if outcome == "skipped" else None


async def fill(marketing: Marketing, sales: Sequence[Rows]) -> None:
    await marketing.clear()
    execute = marketing.pool.execute
    for number, (enrolments, messages) in enumerate(sales, 1):
        trigger = UUID(int=number)
        await execute(
            "insert into sale values ($1, $2, 1, 0, '/shop', $3, 'web', 1, 'DKK', '{}', $4, $4, 'flow')",
            *(trigger, ADA, f"s-{number}", NOW),
        )
        for place in range(enrolments):
            await execute(
                "insert into enrolment values ($1, $2, gen_random_uuid(), 1, $3, true, $4)",
                *(trigger, f"c-{place}", ADA, NOW),
            )
        for place, (with_campaign, outcome, waker) in enumerate(messages):
            id_ = UUID(int=number * 10 + place)
            await execute(
                "insert into message (id, triggered_at, trigger_event_id, party_id, campaign, follow_up, step,"
                " planned_at, outcome, reason) values ($1, $2, $3, $4, $5, $6, $7, $2, $8, $9)",
                *(
                    id_,
                    NOW,
                    trigger,
                    ADA,
                    "c-0" if with_campaign else None,
                    with_campaign,
                    1 if with_campaign else None,
                ),
                *(outcome, "no_consent" if outcome == "skipped" else None),
            )
            if waker == "timer":
                await execute(
                    "insert into timer (name, id, partition, due_at) values ('messages', $1, 0, $2)", id_, NOW
                )
            elif waker == "dispatch":
                await execute("insert into dispatch values ($1, $2, $3, $4, null, 'c', $2)", id_, NOW, trigger, ADA)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=st.lists(rows_of_a_sale, min_size=1, max_size=12))
async def test_every_sale_is_in_the_state_that_its_rows_say(dsn: str, sales: list[Rows]) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        marketing = Marketing(pool, dsn)
        await fill(marketing, sales)
        expected = Counter(map(state, sales))
        everything = audit.Span(None, None)
        async with marketing.transaction() as tx:
            counted: Counter[tuple[str, str | None]] = Counter()
            for (outcome, reason), number in (await audit.count_sales(tx, everything)).items():
                counted[outcome, reason if outcome == "skipped" else None] += number
            assert counted == expected
            for outcome in ("one", "waiting", "skipped", "unknown", "missing", "double"):
                found, following = await audit.list_sales(tx, everything, outcome, None, 50)
                assert following is None
                assert [row.sale_id for row in found] == [
                    f"s-{number}" for number, rows in enumerate(sales, 1) if state(rows)[0] == outcome
                ]


async def test_audit_reads_every_table_by_index_and_joins_none(marketing: Marketing) -> None:
    bounds: Any = "'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', null, null"
    plan = await plan_without_seqscan(marketing.pool, SQL["count_sales"], bounds)
    assert "Seq Scan" not in plan
    joined = re.findall(r"(?:Join|Nested Loop).*", plan)
    assert len(joined) == plan.count("repeated_sale r") == 2, (
        plan
    )  # only what is told again is joined, and it is little

"""One act on many tickets, on a real Postgres: each ticket's own event and refusal, kills, races, and a restore."""

import asyncio
from collections import Counter
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

from services.support.bulk import commands
from services.support.bulk.worker import work_off, work_off_one
from services.support.handlers.recovery import stop_bulk_actions
from services.support.tickets import commands as tickets
from shared.engine.postgres import PostgresTransaction
from shared.engine.service import Service
from shared.ids import derived_id
from tests.integration.support.running import Support
from tests.integration.support.test_routing import agent, opened
from tests.unit.support.builders import described, requested


class Killed(BaseException):
    """The process ends."""


async def begun(http: httpx.AsyncClient, act: dict[str, Any], *tickets: Any, key: str = "") -> str:
    named = [each if isinstance(each, dict) else {"id": str(derived_id("ticket", each))} for each in tickets]
    body = {"tickets": named, "act": act, "agent": "staff-9"}
    answer = await http.post("/v1/bulk-actions", json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == 202, answer.text
    return f"/v1/bulk-actions/{answer.json()['id']}"


async def worked(support: Support) -> int:
    done = 0
    while await work_off_one(cast("Service", support)):
        done += 1
    return done


async def outcomes(http: httpx.AsyncClient, path: str, **asked: Any) -> list[tuple[str, str | None]]:
    answer = await http.get(f"{path}/items", params=asked)
    return [(each["outcome"], each["reason"]) for each in answer.json()["items"]]


async def told(support: Support, kind: str) -> Counter[str]:
    return Counter(data["ticket_id"] for type_, data in await support.published() if type_ == kind)


async def test_each_ticket_has_its_own_event_or_its_own_refusal(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(*(requested(number % 2, event_id=name) for number, name in enumerate("abc", 1)))
    await http.post(f"/v1/tickets/{derived_id('ticket', 'b')}/status", json={"status": "spam", "agent": "staff-1"})
    changed = {"id": str(derived_id("ticket", "c")), "version": 7}
    asked = ({"do": "move", "status": "resolved"}, "a", "b", "a", changed, "no such")
    path = await begun(http, *asked, key="once")
    assert await begun(http, *asked, key="once") == path
    assert await worked(support) == 4
    assert await outcomes(http, path) == [
        ("done", None),
        ("refused", "illegal_move"),
        ("refused", "stale"),
        ("refused", "not_found"),
    ]
    assert await outcomes(http, path, outcome="done") == [("done", None)]
    view = (await http.get(path)).json()
    assert (view["waiting"], view["done"], view["refused"], view["agent"]) == (0, 1, 3, "staff-9")
    assert await told(support, "ticket.resolved") == {str(derived_id("ticket", "a")): 1}


async def test_every_act_is_the_one_that_a_single_ticket_knows(support: Support, http: httpx.AsyncClient) -> None:
    await agent(http, "staff-1")
    await support.heard(described(1, name="Ada"), described(2, name=" "))
    for number, name in enumerate("ab", 1):
        await opened(support, name, number)
    texts = {"en": "Hello {{customer.name}}."}
    await http.put("/v1/canned-replies/hello", json={"texts": texts, "agent": "staff-1"})
    paths = [
        await begun(http, act, "a", "b")
        for act in (
            {"do": "assign", "agent": None, "reason": "overloaded"},
            {"do": "triage", "category": "delivery"},
            {"do": "reply", "canned": "hello"},
            {"do": "follow", "follower": "staff-3"},
            {"do": "unfollow", "follower": "staff-3"},
            {"do": "move", "status": "pending", "waits_for": "until", "until": "2026-03-01T00:00:00Z"},
        )
    ]
    assert await worked(support) == 12
    missing = [("done", None), ("refused", "missing_value")]
    both = [("done", None)] * 2
    found = [await outcomes(http, path) for path in paths]
    assert found == [both, both, missing, both, both, [("refused", "invalid")] * 2]
    thread = (await http.get(f"/v1/tickets/{derived_id('ticket', 'a')}")).json()["thread"]
    assert [(each["agent"], each["text"]) for each in thread if each["kind"] == "reply"] == [("staff-9", "Hello Ada.")]
    kinds = Counter(kind for kind, _ in await support.published())
    assert (kinds["ticket.followed"], kinds["ticket.unfollowed"], kinds["ticket.replied"]) == (2, 2, 1)


async def test_a_kill_at_any_statement_leaves_each_ticket_done_once(
    support: Support, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b"))
    await http.put("/v1/canned-replies/soon", json={"texts": {"en": "Soon."}, "agent": "staff-1"})
    path = await begun(http, {"do": "reply", "canned": "soon"}, "a", "b")
    left = 0

    def dying(run: Any) -> Any:
        async def counted(self: PostgresTransaction, statement: str, *args: object) -> Any:
            nonlocal left
            found = await run(self, statement, *args)
            left -= 1
            if left == 0:
                raise Killed
            return found

        return counted

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(PostgresTransaction, name, dying(getattr(PostgresTransaction, name)))
    kills = 0
    for after in range(1, 100):
        left = after
        try:
            await worked(support)
        except Killed:
            kills += 1
        else:
            break
    assert kills >= 10
    left = 0
    assert await outcomes(http, path) == [("done", None)] * 2
    assert set((await told(support, "ticket.replied")).values()) == {1}
    assert await support.pool.fetchval("select count(*) from reply") == 2


async def test_a_fault_of_one_act_ends_as_failed_and_the_others_go_on(
    support: Support, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await support.heard(*(requested(number, event_id=name) for number, name in enumerate("abc", 1)))
    faulty = derived_id("ticket", "a")
    move = tickets.move_ticket
    tries = 0

    async def moving(tx: Any, ticket_id: UUID, *args: Any) -> Any:
        nonlocal tries
        found = await move(tx, ticket_id, *args)
        if ticket_id == faulty:
            tries += 1
            raise ZeroDivisionError("Ada Holm")
        return found

    monkeypatch.setattr(tickets, "move_ticket", moving)
    path = await begun(http, {"do": "move", "status": "open"}, "a", "b", "c")
    assert await worked(support) == 3
    assert await outcomes(http, path) == [("waiting", None), ("done", None), ("done", None)]
    while (await http.get(path)).json()["waiting"]:
        await support.pool.execute("update bulk_item set due_at = '-infinity'")
        assert await worked(support) == 1
    assert tries == commands.MOST_TRIES
    assert await outcomes(http, path, outcome="failed") == [("failed", "unexpected")]
    (item,) = (await http.get(f"{path}/items", params={"outcome": "failed"})).json()["items"]
    assert (item["detail"], item["version"]) == ("ZeroDivisionError", None)
    view = (await http.get(path)).json()
    assert (view["done"], view["failed"], view["refused"]) == (2, 1, 0)
    assert await told(support, "ticket.status_changed") == {str(derived_id("ticket", name)): 1 for name in "bc"}


async def test_a_fault_that_passes_is_tried_again(
    support: Support, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await support.heard(requested(event_id="a"))
    passes = 0

    def die(point: str) -> None:
        nonlocal passes
        assert point == "support.before_bulk_commit"
        passes += 1
        if passes == 1:
            raise ConnectionResetError

    monkeypatch.setattr("shared.engine.faults.point", die)
    path = await begun(http, {"do": "move", "status": "open"}, "a")
    assert await worked(support) == 1
    assert await support.rows("select tries, due_at > now() as later from bulk_item") == [{"tries": 1, "later": True}]
    await support.pool.execute("update bulk_item set due_at = '-infinity'")
    assert await worked(support) == 1
    assert await outcomes(http, path) == [("done", None)]
    assert await told(support, "ticket.status_changed") == {str(derived_id("ticket", "a")): 1}


async def test_instances_share_the_tickets_and_small_actions_do_not_wait_for_large_ones(
    support: Support, http: httpx.AsyncClient
) -> None:
    names = [f"r{number}" for number in range(12)]
    await support.heard(*(requested(number, event_id=name) for number, name in enumerate(names)))
    large = await begun(http, {"do": "move", "status": "open"}, *names)
    small = await begun(http, {"do": "follow", "follower": "staff-1"}, "r0")
    for _ in range(2):
        await work_off_one(cast("Service", support))
    assert await outcomes(http, small) == [("done", None)]
    workers = [asyncio.create_task(work_off(cast("Service", support))) for _ in range(3)]
    try:
        async with asyncio.timeout(60):
            while (await http.get(large)).json()["waiting"]:
                await asyncio.sleep(0.02)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    assert await outcomes(http, large) == [("done", None)] * 12
    moved = await told(support, "ticket.status_changed")
    assert moved == Counter(str(derived_id("ticket", name)) for name in names)


async def test_what_is_stopped_or_restored_is_not_done_again(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(*(requested(number, event_id=name) for number, name in enumerate("abc")))
    first = await begun(http, {"do": "move", "status": "open"}, "a", "b")
    await work_off_one(cast("Service", support))
    stopped = (await http.post(f"{first}/stop")).json()
    assert (stopped["done"], stopped["stopped"], stopped["waiting"]) == (1, 1, 0)
    second = await begun(http, {"do": "move", "status": "open"}, "c")
    async with support.transaction() as tx:
        await stop_bulk_actions(tx)
    assert await worked(support) == 0
    assert await outcomes(http, first) + await outcomes(http, second) == [
        ("done", None),
        ("stopped", "asked"),
        ("stopped", "restored"),
    ]
    nowhere = f"/v1/bulk-actions/{derived_id('bulk', 'no such')}"
    answers = [await http.get(nowhere), await http.get(f"{nowhere}/items"), await http.post(f"{nowhere}/stop")]
    assert [answer.status_code for answer in answers] == [404] * 3


async def test_what_no_ticket_may_be_told_is_refused_as_a_whole(http: httpx.AsyncClient) -> None:
    one = {"id": str(derived_id("ticket", "a"))}
    move = {"do": "move", "status": "open"}
    for named, act in (
        ([], move),
        ([one] * 1_001, move),
        ([one], {"do": "move", "status": "merged"}),
        ([one], {"do": "move", "status": "open", "until": "2026-03-01T00:00:00Z"}),
        ([one], {"do": "assign", "agent": None}),
        ([one], {"do": "erase"}),
        ([one], {"do": "follow", "follower": "ada@example.com"}),
        ([{**one, "version": 2**31}], move),
    ):
        answer = await http.post("/v1/bulk-actions", json={"tickets": named, "act": act, "agent": "staff-1"})
        assert answer.status_code == 422, answer.text

"""What has to be done for a ticket before it is resolved, on a real Postgres."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from services.support.subtasks import commands
from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_agents_aids import heard_again, ticket
from tests.unit.support.builders import described, erased, requested

DUE = "2026-03-05T09:00:00.000000Z"


async def added(http: httpx.AsyncClient, event_id: str = "a", **values: object) -> Any:
    body = {"title": "Ask the carrier", "agent": "staff-1", **values}
    answer = await http.post(f"{ticket(event_id)}/subtasks", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    return answer.json()


async def changed(http: httpx.AsyncClient, subtask: Any, match: str | None = None, **values: object) -> httpx.Response:
    path = f"/v1/tickets/{subtask['ticket_id']}/subtasks/{subtask['id']}"
    body = {"agent": "staff-2", **values}
    return await http.patch(path, json=body, headers={"If-Match": match} if match else {})


async def listed(http: httpx.AsyncClient, event_id: str = "a") -> Any:
    return (await http.get(f"{ticket(event_id)}/subtasks")).json()["items"]


async def told(support: Support) -> list[tuple[str, dict[str, Any]]]:
    return [(kind, data) for kind, data in await support.published() if kind.startswith("ticket.subtask")]


async def test_what_has_to_be_done_is_given_done_and_opened_again(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"))
    first = await added(http, assignee="staff-2", due_at=DUE)
    second = await added(http, title="Write the credit note")
    assert [(each["title"], each["status"], each["assignee"], each["due_at"]) for each in await listed(http)] == [
        ("Ask the carrier", "open", "staff-2", "2026-03-05T09:00:00Z"),
        ("Write the credit note", "open", None, None),
    ]
    done = await changed(http, first, status="done")
    assert (done.json()["status"], done.json()["changed_by"], done.headers["ETag"]) == ("done", "staff-2", '"2"')
    assert (await changed(http, first, status="done")).headers["ETag"] == '"2"'
    assert (await changed(http, first, status="open", assignee=None, due_at=None)).json()["version"] == 3
    assert (await changed(http, second, title="Write it", assignee="staff-2")).json()["title"] == "Write it"
    stale = await changed(http, second, '"1"', status="done")
    assert (stale.status_code, stale.json()["state"]["version"]) == (409, 2)
    assert (await changed(http, second, '"2"', status="dropped")).status_code == 200
    assert [
        (kind, data["version"], data["subtask_status"], data["assignee"]) for kind, data in await told(support)
    ] == [
        ("ticket.subtask_added", 1, "open", "staff-2"),
        ("ticket.subtask_added", 1, "open", None),
        ("ticket.subtask_changed", 2, "done", "staff-2"),
        ("ticket.subtask_changed", 3, "open", None),
        ("ticket.subtask_changed", 2, "open", "staff-2"),
        ("ticket.subtask_changed", 3, "dropped", "staff-2"),
    ]
    assert "carrier" not in str(await told(support))


def in_hours(number: int) -> str:
    return (NOW + number * timedelta(hours=1)).isoformat()


async def passed(support: Support, hours: int) -> list[str]:
    """So many hours after the beginning: the subtasks that were told to be overdue by then."""
    await support.pass_time(NOW + hours * timedelta(hours=1))
    return sorted(data["subtask_id"] for kind, data in await told(support) if kind == "ticket.subtask_overdue")


async def test_a_time_that_passes_is_told_once_and_anew_for_another(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"))
    late, done, moved, dropped = [await added(http, assignee="staff-2", due_at=in_hours(2)) for _ in range(4)]
    await added(http, assignee="staff-2")
    await changed(http, done, status="done")
    await changed(http, dropped, status="dropped")
    await changed(http, moved, due_at=in_hours(4))
    assert await passed(support, 1) == []
    assert await passed(support, 2) == await passed(support, 3) == [late["id"]]
    shown = next(each for each in await listed(http) if each["id"] == late["id"])
    assert (shown["overdue_at"], shown["version"], shown["changed_by"]) == ("2026-03-02T15:00:00Z", 2, "staff-1")
    mine = await http.get("/v1/agents/staff-2/subtasks", params={"overdue": True})
    assert [each["id"] for each in mine.json()["items"]] == [late["id"]]
    assert len((await http.get("/v1/agents/staff-2/subtasks", params={"overdue": False})).json()["items"]) == 2

    await changed(http, late, status="done")
    await changed(http, late, status="open", assignee=None)
    await changed(http, done, status="open")
    assert await passed(support, 4) == sorted([late["id"], done["id"], moved["id"]])
    assert (await changed(http, late, due_at=in_hours(5))).json()["overdue_at"] is None
    assert await passed(support, 6) == sorted([late["id"], late["id"], done["id"], moved["id"]])


async def test_times_of_subtasks_that_nobody_watched_are_watched(support: Support, http: httpx.AsyncClient) -> None:
    """As those are that were added by a version before."""
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b"))
    late = [await added(http, event, due_at=in_hours(2)) for event in ("a", "b", "a")]
    await added(http)
    await support.pool.execute("delete from timer where name = 'subtasks'")
    last: UUID | None = UUID(int=0)
    while last is not None:
        async with support.transaction() as tx:
            last = await commands.watch(tx, last, 2)
    assert await passed(support, 3) == sorted(each["id"] for each in late)


async def test_an_agent_sees_what_is_left_for_them(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b"))
    mine = [await added(http, event, assignee="staff-2") for event in ("a", "b", "a")]
    await added(http, assignee="staff-3")
    await changed(http, mine[0], status="done")
    first = (await http.get("/v1/agents/staff-2/subtasks", params={"limit": 1})).json()
    rest = (await http.get("/v1/agents/staff-2/subtasks", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [[each["id"] for each in page["items"]] for page in (first, rest)] == [[mine[2]["id"]], [mine[1]["id"]]]
    of = (await http.get(ticket("a"))).json()
    assert [first["items"][0][name] for name in ("ticket_number", "ticket_status")] == [of["number"], "new"]
    assert (await http.get("/v1/agents/staff-9/subtasks")).json()["items"] == []


async def test_a_ticket_shows_those_of_tickets_that_go_on_in_it(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"), requested(event_id="b"))
    one, other = await added(http, "a"), await added(http, "b")
    await http.post(f"{ticket('b')}/merge", json={"into": str(derived_id("ticket", "a")), "agent": "staff-1"})
    assert [each["id"] for each in await listed(http)] == [one["id"], other["id"]]
    assert [each["id"] for each in await listed(http, "b")] == [other["id"]]
    joined = {**other, "ticket_id": one["ticket_id"]}
    assert (await changed(http, joined, status="done")).json()["ticket_id"] == other["ticket_id"]
    assert [each["status"] for each in (await http.get(ticket("a"))).json()["subtasks"]] == ["open", "done"]
    assert (await told(support))[-1][1]["ticket_id"] == other["ticket_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("title", value) for value in (None, "", " ", "x" * 501, "a\x00b", 7)),
        *(("status", value) for value in (None, "closed")),
        *(("assignee", value) for value in ("", "Ada Holm", "x" * 101)),
        *(("due_at", value) for value in ("soon", "2026-03-05T09:00:00", "2026-02-30T09:00:00Z")),
    ],
)
async def test_what_cannot_be_is_refused_by_its_name(
    support: Support, http: httpx.AsyncClient, field: str, value: object
) -> None:
    await support.heard(requested(event_id="a"))
    subtask = await added(http)
    refused = await changed(http, subtask, None, **{field: value})
    assert (refused.status_code, refused.json()["errors"][0]["field"].startswith("body")) == (422, True), refused.text
    assert await listed(http) == [subtask]


async def test_of_what_is_not_there_nothing_is_changed(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b"))
    subtask = await added(http)
    assert (await changed(http, {**subtask, "ticket_id": derived_id("ticket", "b")}, status="done")).status_code == 404
    assert (await changed(http, {**subtask, "id": derived_id("no such")}, status="done")).status_code == 404
    assert (await http.post(f"{ticket('no such')}/subtasks", json={"title": "x"})).status_code == 404
    assert (await http.get(f"{ticket('no such')}/subtasks")).status_code == 404
    assert await listed(http) == [subtask]


async def test_a_ticket_has_so_many_at_most_whoever_adds_them_at_once(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(requested(event_id="a"))
    await support.pool.execute(
        """insert into subtask select gen_random_uuid(), id, 'x', 'open', null, null, 1, 'staff-1', now(), now()
        from ticket, generate_series(1, 97)"""
    )
    body = {"title": "One more", "agent": "staff-1"}
    answers = await asyncio.gather(*(http.post(f"{ticket('a')}/subtasks", json=body) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 201, 201, 409, 409, 409]
    refused = next(each for each in answers if each.status_code == 409)
    assert refused.json()["type"].rpartition(":")[2] == "too_many_subtasks"
    assert len(await told(support)) == 3


async def test_titles_go_with_the_customer_and_are_not_kept_afterwards(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(described(1), described(2))
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b"))
    subtask, other = await added(http, title="Call Ada"), await added(http, "b")
    await support.heard(erased(1))
    assert [each["title"] for each in await listed(http)] == [None]
    (confirmed,) = [data for kind, data in await support.published() if kind == "erasure.confirmed"]
    assert {"what": "subtask", "count": 1} in confirmed["forgotten"]
    assert (await changed(http, subtask, title="Call Ada again", status="done")).json()["title"] is None
    assert (await added(http, title="Ada called"))["title"] is None
    assert await listed(http, "b") == [other]


async def test_after_a_restore_they_stand_as_they_were_told_without_titles(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(requested(event_id="a"))
    kept, lost = await added(http), await added(http)
    await changed(http, kept, status="done")
    await changed(http, lost, assignee="staff-4", due_at=DUE)
    before, events = await listed(http), await told(support)
    await support.pool.execute("delete from subtask where id = $1", lost["id"])
    await support.pool.execute("update subtask set version = 1, status = 'open' where id = $1", kept["id"])
    for _ in range(2):
        async with support.transaction() as tx:
            await take_back_tickets([heard_again(kind, data) for kind, data in reversed(events)], tx)
    after = await listed(http)
    shown = ("id", "status", "assignee", "due_at", "version", "changed_by")
    assert [[each[name] for name in shown] for each in after] == [[each[name] for name in shown] for each in before]
    assert [each["title"] for each in after] == ["Ask the carrier", None]


async def test_after_a_restore_what_was_told_to_be_overdue_is_not_told_again(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(requested(event_id="a"))
    late, next_ = [await added(http, due_at=in_hours(hours)) for hours in (1, 3)]
    await passed(support, 2)
    await changed(http, late, assignee="staff-4")
    before, events = await listed(http), await told(support)
    await support.pool.execute("delete from subtask where id = $1", late["id"])
    for _ in range(2):
        async with support.transaction() as tx:
            await take_back_tickets([heard_again(kind, data) for kind, data in events], tx)
    shown = ("id", "status", "assignee", "due_at", "overdue_at", "version", "changed_by")
    assert [[each[name] for name in shown] for each in await listed(http)] == [
        [each[name] for name in shown] for each in before
    ]
    assert await passed(support, 4) == sorted([late["id"], next_["id"]])

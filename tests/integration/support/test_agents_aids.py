"""What helps agents at their desk, on a real Postgres: replies for use again, followers, viewers and saved views."""

from collections.abc import Callable
from typing import Any

import httpx

from services.support.handlers.recovery import take_back_tickets
from shared.events.contract import find_contract
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import described, erased, requested

LATE = {
    "texts": {
        "en": "Hello {{customer.name|there}}, {{ticket.subject|your order}} is late.",
        "da": "Hej {{customer.name|kunde}}, {{ticket.subject|din ordre}} er forsinket.",
    },
    "agent": "staff-1",
}


def ticket(event_id: str) -> str:
    return f"/v1/tickets/{derived_id('ticket', event_id)}"


async def filled(http: httpx.AsyncClient, event_id: str, **asked: str) -> Any:
    return (await http.get(f"{ticket(event_id)}/canned-replies/late", params=asked)).json()


async def test_a_reply_for_use_again_speaks_of_its_own_ticket_and_customer(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(described(1, name="Ada {{ticket.number}}"), described(2, name="Bo"))
    await support.heard(requested(1, event_id="a"), requested(2, event_id="b", subject="{{customer.name}}"))
    assert (await http.put("/v1/canned-replies/late", json=LATE)).json() == {"name": "late", "version": 1}
    assert (await filled(http, "a"))["text"] == "Hej Ada {{ticket.number}}, Lamp er forsinket."
    assert (await filled(http, "b", language="en"))["text"] == "Hello Bo, {{customer.name}} is late."
    assert (await filled(http, "b", language="de"))["status"] == 422
    await support.heard(described(1, version=2, merged_into=2), erased(2))
    assert (await filled(http, "b"))["text"] == "Hello there, your order is late."
    assert (await filled(http, "no such"))["status"] == 404


async def test_versions_of_a_reply_go_on_after_it_was_removed(http: httpx.AsyncClient) -> None:
    path = "/v1/canned-replies/late"

    async def put(version: str | None = None, **texts: str) -> int:
        body = {**LATE, "texts": texts or {"en": "Soon."}}
        return (await http.put(path, json=body, headers={"If-Match": version} if version else {})).status_code

    assert [await put('"1"'), await put(), await put('"1"'), await put('"1"')] == [409, 200, 200, 409]
    assert [await put(en="{{agent.name}}"), await put(en=" "), await put(english="Soon.")] == [422] * 3
    assert (await http.delete(path)).json() == {"name": "late", "version": 3}
    assert [(await http.get(path)).status_code, (await http.delete(path)).status_code] == [404, 404]
    assert (await http.get("/v1/canned-replies")).json()["items"] == []
    assert [await put('"2"'), await put('"3"')] == [409, 200]
    assert (await http.get(path)).headers["ETag"] == '"4"'
    assert [await put('"0"'), (await http.delete(path)).status_code, await put('"0"'), await put('"0"')] == [
        *(409, 200),
        *(200, 409),
    ]
    assert (await http.put("/v1/canned-replies/early", json=LATE, headers={"If-Match": '"0"'})).json()["version"] == 1


async def test_who_follows_a_ticket_is_told_once_and_sees_what_is_new(
    support: Support, http: httpx.AsyncClient
) -> None:
    await support.heard(requested(event_id="a"), requested(event_id="b"))
    for _ in range(2):
        assert (await http.put(f"{ticket('a')}/followers/staff-1")).status_code == 200
    await http.put(f"{ticket('a')}/followers/staff-2")
    await http.put(f"{ticket('b')}/followers/staff-1")

    async def news(agent: str = "staff-1") -> list[int]:
        answer = await http.get(f"/v1/agents/{agent}/followed-tickets", params={"news": True})
        return [each["version"] for each in answer.json()["items"]]

    assert await news() == []
    await http.post(f"{ticket('a')}/replies", json={"text": "Soon.", "agent": "staff-3"})
    version = (await http.get(ticket("a"))).json()["version"]
    assert await news() == await news("staff-2") == [version]
    await http.put(f"{ticket('a')}/viewers/staff-1", json={"seen_version": 2**31 - 1})
    assert (await news(), await news("staff-2")) == ([], [version])
    await http.post(f"{ticket('a')}/replies", json={"text": "Now.", "kind": "note", "agent": "staff-3"})
    assert await news() == [version + 1]
    for _ in range(2):
        assert (await http.delete(f"{ticket('a')}/followers/staff-2")).status_code == 200
    assert (await http.get(ticket("a"))).json()["followers"] == ["staff-1"]
    assert (await http.put(f"{ticket('no such')}/followers/staff-1")).status_code == 404

    told = [(kind, data) for kind, data in await support.published() if kind.endswith("followed")]
    assert [(kind, data["agent"]) for kind, data in told] == [
        ("ticket.followed", "staff-1"),
        ("ticket.followed", "staff-2"),
        ("ticket.followed", "staff-1"),
        ("ticket.unfollowed", "staff-2"),
    ]
    await support.pool.execute("delete from ticket_follower")
    async with support.transaction() as tx:
        await take_back_tickets([heard_again(kind, data) for kind, data in told for _ in range(2)], tx)
    assert (await http.get(ticket("a"))).json()["followers"] == ["staff-1"]


def heard_again(kind: str, data: dict[str, Any]) -> Any:
    contract = find_contract("crm.tickets", f"crm.{kind}.v1")
    assert contract is not None
    value = contract.adapter.validate_python(data)
    return decoded("crm.tickets", contract.type, value, key=data["party_id"], at=NOW, now=NOW)


async def test_a_ticket_has_so_many_followers_at_most(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"))
    await support.pool.execute(
        "insert into ticket_follower select id, 'staff-' || each, now(), 1 from ticket, generate_series(1, 100) as each"
    )
    assert (await http.put(f"{ticket('a')}/followers/staff-1")).status_code == 200
    refused = await http.put(f"{ticket('a')}/followers/staff-101")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "too_many_followers")
    assert [kind for kind, _ in await support.published()] == ["ticket.opened"]


async def test_who_looks_at_a_ticket_is_seen_as_long_as_they_say_so(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"), requested(event_id="b"))

    async def seen() -> list[tuple[str, str]]:
        return [(each["agent"], each["doing"]) for each in (await http.get(ticket("a"))).json()["viewers"]]

    await http.put(f"{ticket('a')}/viewers/staff-1", json={})
    answer = await http.put(f"{ticket('a')}/viewers/staff-2", json={"doing": "writing"})
    assert [each["agent"] for each in answer.json()["items"]] == ["staff-1", "staff-2"]
    await http.put(f"{ticket('a')}/viewers/staff-1", json={"doing": "writing"})
    assert await seen() == [("staff-1", "writing"), ("staff-2", "writing")]
    await support.pool.execute(
        "update ticket_viewer set seen_at = now() - interval '46 seconds' where agent = 'staff-1'"
    )
    assert await seen() == [("staff-2", "writing")]
    await http.put(f"{ticket('a')}/viewers/staff-1", json={})
    assert await seen() == [("staff-2", "writing"), ("staff-1", "viewing")]
    await support.pool.execute("update ticket_viewer set seen_at = now() - interval '2 hours' where agent = 'staff-1'")
    await http.put(f"{ticket('b')}/viewers/staff-1", json={})
    assert await support.pool.fetchval("select count(*) from ticket_viewer where agent = 'staff-1'") == 1
    for _ in range(2):
        assert (await http.delete(f"{ticket('a')}/viewers/staff-2")).json() == {"items": []}
    assert (await http.put(f"{ticket('no such')}/viewers/staff-1", json={})).status_code == 404
    assert [kind for kind, _ in await support.published()] == ["ticket.opened", "ticket.opened"]


TRIAGED = """
insert into triage (
    ticket_id, category, confidence, in_scope, urgency, sentiment, priority, skills, reasons, model, decided_at
)
select
    id, 'refund', 1, true, 'normal', 'neutral', case when number % 2 = 0 then 'high' else 'low' end, '{}', '{}', 1,
    now()
from ticket;
insert into assignment (ticket_id, queue, channel, skills, place, waiting_since, agent_id)
select id, case when number % 3 = 0 then 'orders' else 'general' end, channel, '{}', 3, now(),
    case when number % 5 = 0 then 'staff-1' end
from ticket;
insert into ticket_follower (ticket_id, agent, since, seen_version)
select id, 'staff-1', now(), 1 from ticket where number % 5 < 2;
"""


FITTING: list[tuple[dict[str, Any], Callable[[int], object]]] = [
    ({}, lambda _: True),
    ({"queues": ["orders"]}, lambda number: number % 3 == 0),
    ({"priorities": ["high"], "queues": ["orders", "payments"]}, lambda number: number % 6 == 0),
    ({"mine": True}, lambda number: number % 5 == 0),
    ({"followed": True}, lambda number: number % 5 < 2),
    ({"followed": True, "mine": True, "priorities": ["low"]}, lambda number: number % 10 == 5),
    ({"agents": ["staff-1", "staff-2"], "queues": ["general"]}, lambda number: number % 5 == 0 and number % 3),
    ({"unassigned": True, "followed": True}, lambda number: number % 5 == 1),
    ({"unassigned": True, "channels": ["email", "web"]}, lambda number: number % 5 != 0),
    ({"categories": ["delivery"]}, lambda _: False),
    ({"statuses": ["spam", "closed"]}, lambda _: False),
]


async def test_a_view_lists_the_tickets_that_fit_all_of_it(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(*(requested(number, event_id=f"r{number}") for number in range(1, 31)))
    await support.pool.execute(TRIAGED)
    numbers = [row["number"] for row in await support.pool.fetch("select number from ticket order by number desc")]
    for filters, fits in FITTING:
        made = await http.post("/v1/views", json={"name": "These", "filters": filters, "agent": "staff-1"})
        assert made.status_code == 201, made.text
        listed: list[int] = []
        next_page: str | None = f"/v1/views/{made.json()['id']}/tickets?agent=staff-1&limit=7"
        while next_page is not None:
            page = await http.get(next_page)
            listed += [each["number"] for each in page.json()["items"]]
            next_page = page.links.get("next", {}).get("url")
        assert listed == [number for number in numbers if fits(number)], filters


async def test_a_view_is_seen_by_its_owner_and_by_the_queue_that_it_is_shared_with(http: httpx.AsyncClient) -> None:
    for agent, queue in (("staff-1", "orders"), ("staff-2", "general")):
        await http.put(f"/v1/agents/{agent}", json={"queues": [queue]})
    shared = {"name": "All of ours", "queue": "orders", "agent": "staff-3"}
    made = (await http.post("/v1/views", json=shared)).json()
    path = f"/v1/views/{made['id']}"

    async def readers() -> list[str]:
        seen = {each: (await http.get("/v1/views", params={"agent": each})).json()["items"] for each in _STAFF}
        return [agent for agent, items in seen.items() if items]

    assert await readers() == ["staff-1", "staff-3"]
    change = {**shared, "queue": None}
    assert (await http.put(path, json=change, headers={"If-Match": '"2"'})).status_code == 409
    assert (await http.put(path, json=change, headers={"If-Match": '"1"'})).json()["version"] == 2
    assert await readers() == ["staff-3"]
    for wrong in (
        {"name": "x", "queue": "nowhere"},
        {"name": "x", "filters": {"queues": ["nowhere"]}},
        {"name": "x", "filters": {"categories": ["nothing"]}},
        {"name": "x", "filters": {"unassigned": True, "mine": True}},
        {"name": "x", "filters": {"wish": 1}},
        {"name": " "},
    ):
        assert (await http.post("/v1/views", json={**wrong, "agent": "staff-3"})).status_code == 422, wrong
    assert (await http.delete(path)).status_code == 200
    assert [(await http.get(each)).status_code for each in (path, f"{path}/tickets")] == [404, 404]


_STAFF = ("staff-1", "staff-2", "staff-3")

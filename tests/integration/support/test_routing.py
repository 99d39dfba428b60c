"""Routing on a real Postgres: agents, claims that race, tickets that are given back, and why."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from services.support.reasons import text_of
from services.support.routing.commands import attendance
from shared.events.agreements import AgreementSigned
from shared.events.contract import find_contract
from shared.events.reasons import CodedReason
from shared.events.tickets import SlaWarned, TicketStatusChanged
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_sla import agreed, promised, triaged  # noqa: F401  the fixture
from tests.unit.support.builders import described, party_id, requested

DEFINITION = {"skills": ["payments"], "queues": ["payments"], "capacity": {"email": 3}}


async def agent(http: httpx.AsyncClient, name: str, presence: str = "online", **fields: Any) -> None:
    answer = await http.put(f"/v1/agents/{name}", json=DEFINITION | fields)
    assert answer.status_code == 200, answer.text
    await http.put(f"/v1/agents/{name}/presence", json={"presence": presence})


async def opened(support: Support, name: str = "a", party: int = 1, priority: str = "normal") -> str:
    """A ticket about payments, as triage left it, that routing has heard of."""
    await support.heard(requested(party, event_id=name))
    ticket = derived_id("ticket", name)
    await support.pool.execute(
        "insert into triage values "
        "($1, 'refund', 1, true, 'normal', 'neutral', null, $2, '{payments}', '{}', 1, null, $3)",
        ticket,
        priority,
        NOW,
    )
    await support.routed(triaged(name, party, priority, support.now))  # type: ignore[arg-type]
    return f"/v1/tickets/{ticket}"


async def moved(support: Support, http: httpx.AsyncClient, path: str, status: str, name: str = "a") -> None:
    await http.post(f"{path}/status", json={"status": status, "agent": "staff-1"})
    data = TicketStatusChanged(
        ticket_id=derived_id("ticket", name), party_id=party_id(1), request_event_id=name, recorded_at=support.now,
        previous="new", status=status, version=2,  # type: ignore[arg-type]
    )  # fmt: skip
    await support.routed(said("crm.ticket.status_changed.v1", data, support.now, f"{status}-{name}"))


def said(kind: str, data: Any, at: datetime, id_: str | None = None) -> Any:
    return decoded("crm.tickets", kind, data, key=str(data.party_id), at=at, now=at, id_=id_)


async def answers(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(path)).json()["assignment"]
    return found


async def told(support: Support) -> list[tuple[str | None, str | None, str]]:
    return [
        (data.get("agent"), data.get("previous"), data["how"])
        for kind, data in await support.published()
        if kind == "ticket.assigned"
    ]


async def test_a_ticket_is_given_to_who_fits_once_and_says_why(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    await agent(http, "staff-2", skills=[])
    path = await opened(support)
    await support.routed(triaged("a", at=NOW))
    assert await told(support) == [("staff-1", None, "routed")]
    found = await answers(http, path)
    assert (found["agent"], found["queue"], found["how"]) == ("staff-1", "payments", "routed")
    assert found["why"] == ["has payments", "had 0 of 3 email tickets, who alone fits"]
    because = [
        {"code": "has_skills", "values": {"skills": "payments"}},
        {"code": "fits_alone", "values": {"load": 0, "room": 3, "channel": "email"}},
    ]
    (step,) = found["steps"]
    (event,) = [data for kind, data in await support.published() if kind == "ticket.assigned"]
    assert found["because"] == step["because"] == event["because"] == because


async def test_tickets_wait_in_order_until_somebody_is_there(http: httpx.AsyncClient, support: Support) -> None:
    for name, priority in (("a", "low"), ("b", "normal"), ("c", "high"), ("d", "normal"), ("e", "low")):
        await opened(support, name, priority=priority)
    warned = SlaWarned(
        ticket_id=derived_id("ticket", "e"),
        party_id=party_id(1),
        request_event_id="e",
        recorded_at=NOW,
        metric="resolution",
        cycle=1,
    )
    await support.routed(said("crm.sla.warned.v1", warned, NOW))
    first = (await http.get("/v1/queues/payments?limit=2")).json()
    assert [each["place"] for each in first["items"]] == [0, 2]
    second = (await http.get(f"/v1/queues/payments?limit=2&cursor={first['next_cursor']}")).json()
    assert [each["place"] for each in second["items"]] == [3, 3]
    await agent(http, "staff-1")
    await support.pass_time(NOW + timedelta(minutes=1))
    got = await support.rows("select ticket_id from assignment where agent_id = 'staff-1'")
    assert {row["ticket_id"] for row in got} >= {derived_id("ticket", name) for name in "ce"}
    lines = {each["name"]: each["waiting"] for each in (await http.get("/v1/queues")).json()["items"]}
    assert lines == {"payments": 2, "orders": 0, "general": 0}


async def test_of_many_who_claim_at_once_one_wins(http: httpx.AsyncClient, support: Support) -> None:
    path = await opened(support)
    names = [f"staff-{n}" for n in range(6)]
    for name in names:
        await agent(http, name, presence="busy")
    claims = await asyncio.gather(*(http.post(f"{path}/assign", json={"agent": name, "by": name}) for name in names))
    codes = sorted(claim.status_code for claim in claims)
    assert codes == [200, 409, 409, 409, 409, 409]
    ((winner, _, how),) = await told(support)
    assert (how, (await answers(http, path))["agent"]) == ("claimed", winner)


async def test_two_who_give_out_at_once_give_nobody_too_much(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    await agent(http, "staff-2", capacity={"email": 1})
    await asyncio.gather(*(opened(support, f"t{n}", party=n + 1) for n in range(8)))
    held = await support.rows(
        "select agent_id, count(*)::int as n from assignment where agent_id is not null group by 1 order by 1"
    )
    assert [(row["agent_id"], row["n"]) for row in held] == [("staff-1", 3), ("staff-2", 1)]


@pytest.mark.parametrize(
    ("presence", "fields", "reason"),
    [
        ("away", {}, "absent"),
        ("online", {"capacity": {"email": 0}}, "at_capacity"),
        ("online", {"calendar": "night"}, "off_shift"),
    ],
)
async def test_nobody_is_given_a_ticket_who_may_not_have_it(
    http: httpx.AsyncClient, support: Support, presence: str, fields: dict[str, Any], reason: str
) -> None:
    await http.put("/v1/calendars/night", json={"zone": "UTC", "week": [[{"start": 0, "end": 300}]] * 7})
    await agent(http, "staff-1", presence, **fields)
    path = await opened(support)
    answer = await http.post(f"{path}/assign", json={"agent": "staff-1", "by": "staff-9"})
    assert (answer.status_code, reason in answer.text) == (409, True)
    assert await told(support) == []


async def test_who_goes_away_gives_tickets_back_to_others(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    await agent(http, "staff-2")
    await http.put("/v1/agents/staff-1/presence", json={"presence": "away", "absence": "sick"})
    await support.pass_time(NOW + timedelta(minutes=1))
    assert await told(support) == [
        ("staff-1", None, "routed"),
        (None, "staff-1", "returned"),
        ("staff-2", None, "routed"),
    ]
    steps = (await answers(http, path))["steps"]
    assert steps[1]["why"] == ["staff-1: is away"]
    view = (await http.get("/v1/agents/staff-1?days=1")).json()
    assert (view["presence"], view["absence"], view["tickets"]) == ("away", "sick", 0)
    assert view["seconds"] == {"away": 60.0}


async def test_at_the_end_of_the_shift_tickets_wait_for_the_next(http: httpx.AsyncClient, support: Support) -> None:
    day = {"zone": "UTC", "week": [[{"start": 720, "end": 840}]] * 7}
    await http.put("/v1/calendars/day", json=day)
    await agent(http, "staff-1", calendar="day")
    path = await opened(support)
    await support.pass_time(NOW)
    await support.pass_time(NOW + timedelta(hours=1))
    assert [how for _, _, how in await told(support)] == ["routed", "returned"]
    view = (await http.get("/v1/agents/staff-1")).json()
    assert (view["presence"], view["absence"], view["on_shift"]) == ("offline", "shift_ended", False)
    assert (await answers(http, path))["agent"] is None
    assert await support.rows("select due_at from timer where name = 'agents'") == [
        {"due_at": NOW + timedelta(hours=23)}
    ]


async def test_what_waits_goes_out_in_one_go_however_much_it_is(
    http: httpx.AsyncClient, support: Support, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance, "_AT_ONCE", 2)
    for n in range(7):
        await opened(support, f"t{n}")
    await support.pool.execute(
        "update assignment set channel = 'chat' where ticket_id = $1", derived_id("ticket", "t6")
    )
    await support.pool.execute("update ticket set channel = 'chat' where id = $1", derived_id("ticket", "t6"))
    await agent(http, "staff-1", capacity={"email": 5, "chat": 1})
    await support.pass_time(NOW + timedelta(minutes=1))
    got = await support.rows("select channel, count(*)::int as n from assignment where agent_id is not null group by 1")
    assert {row["channel"]: row["n"] for row in got} == {"email": 5, "chat": 1}


async def test_who_comes_back_gets_what_they_left(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    for minutes, presence in ((1, "away"), (2, "online")):
        await http.put("/v1/agents/staff-1/presence", json={"presence": presence})
        await support.pass_time(NOW + timedelta(minutes=minutes))
    assert (await answers(http, path))["agent"] == "staff-1"


@pytest.mark.parametrize(
    ("presence", "fields", "because"),
    [
        ("online", {"skills": []}, "nobody of payments or general has payments"),
        ("away", {}, "nobody who fits is online and on shift"),
        ("online", {"capacity": {"email": 0}}, "everybody who fits and is there has no room for email tickets"),
    ],
)
async def test_a_ticket_that_waits_says_why_and_goes_out_when_somebody_of_the_fallback_comes(
    http: httpx.AsyncClient, support: Support, presence: str, fields: dict[str, Any], because: str
) -> None:
    await agent(http, "staff-1", presence, **fields)
    path = await opened(support)
    waiting = await answers(http, path)
    assert waiting["waits_because"] == because == text_of(CodedReason(**waiting["waits_reason"]))
    await agent(http, "staff-2", skills=[], queues=["general"])
    await support.pass_time(NOW + timedelta(minutes=1))
    found = await answers(http, path)
    assert (found["agent"], found["waits_because"]) == ("staff-2", None)


async def test_who_gives_one_back_has_room_for_another(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1", capacity={"email": 1})
    await support.pass_time(NOW)  # nothing of their coming is left to do
    path, other = await opened(support), await opened(support, "b")
    await http.post(f"{path}/assign", json={"agent": None, "reason": "wrong_skills", "by": "staff-1"})
    await support.pass_time(NOW + timedelta(minutes=1))
    assert [(await answers(http, each))["agent"] for each in (path, other)] == [None, "staff-1"]


async def test_a_settled_ticket_makes_room_and_goes_back_to_who_had_it(
    http: httpx.AsyncClient, support: Support
) -> None:
    await agent(http, "staff-1", capacity={"email": 1})
    path = await opened(support)
    other = await opened(support, "b")
    assert (await answers(http, other))["agent"] is None
    await moved(support, http, path, "resolved")
    await support.pass_time(NOW + timedelta(minutes=1))
    assert (await answers(http, other))["agent"] == "staff-1"
    await moved(support, http, other, "resolved", "b")
    await agent(http, "staff-2")
    await moved(support, http, path, "reopened")
    found = await answers(http, path)
    assert (found["agent"], found["why"]) == ("staff-1", ["answered for it before it was reopened"])


async def test_the_relationship_manager_of_an_agreement_comes_first(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    await agent(http, "staff-2", skills=[], queues=[])
    await support.followed(agreed(AgreementSigned, starts_at=NOW - timedelta(days=9), relationship_manager="staff-2"))
    path = await opened(support)
    found = await answers(http, path)
    assert (found["agent"], found["why"]) == ("staff-2", ["relationship manager of the customer by agreement"])


async def test_a_relationship_manager_who_comes_gets_what_waits_of_their_customer(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.followed(agreed(AgreementSigned, starts_at=NOW - timedelta(days=9), relationship_manager="staff-2"))
    path, other = await opened(support), await opened(support, "b", party=2)
    merged = await opened(support, "c", party=3)
    await support.heard(described(3, version=2, merged_into=1))
    assert "nobody of payments" in (await answers(http, path))["waits_because"]
    await agent(http, "staff-2", "away", skills=[], queues=[])
    for each in (path, merged):
        assert (await answers(http, each))["waits_because"] == "nobody who fits is online and on shift"
    await agent(http, "staff-2", skills=[], queues=[])
    await support.pass_time(NOW + timedelta(minutes=1))
    assert [(await answers(http, each))["agent"] for each in (path, other, merged)] == ["staff-2", None, "staff-2"]


async def test_why_a_ticket_waits_follows_what_agents_can(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1", "away")
    path = await opened(support)
    assert (await answers(http, path))["waits_because"] == "nobody who fits is online and on shift"
    await agent(http, "staff-1", skills=["orders"])
    assert (await answers(http, path))["waits_because"] == "nobody of payments or general has payments"
    await agent(http, "staff-1", queues=["general"], skills=[], capacity={"phone": 1})
    assert (await answers(http, path))[
        "waits_because"
    ] == "everybody who fits and is there has no room for email tickets"
    await http.delete("/v1/agents/staff-1?reason=changed_team")
    assert (await answers(http, path))["waits_because"] == "nobody of payments or general has payments"


async def test_who_is_removed_gives_tickets_to_others_and_is_asked_no_more(
    http: httpx.AsyncClient, support: Support
) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    await agent(http, "staff-2")
    stale = await http.delete("/v1/agents/staff-1?reason=left", headers={"If-Match": '"1"'})
    assert stale.status_code == 409
    gone = await http.delete("/v1/agents/staff-1?reason=left")
    assert gone.status_code == 200, gone.text
    await support.pass_time(NOW + timedelta(minutes=1))
    found = await answers(http, path)
    assert (found["agent"], found["steps"][-2]["why"]) == ("staff-2", ["staff-1: was removed: left"])
    assert found["steps"][-2]["because"] == [{"code": "removed", "values": {"agent": "staff-1", "removed": "left"}}]
    assert [each["id"] for each in (await http.get("/v1/agents")).json()["items"]] == ["staff-2"]
    for answer in (
        await http.get("/v1/agents/staff-1"),
        await http.delete("/v1/agents/staff-1?reason=left"),
        await http.put("/v1/agents/staff-1/presence", json={"presence": "online"}),
    ):
        assert answer.status_code == 404
    given = await http.post(f"{path}/assign", json={"agent": "staff-1", "by": "staff-9", "take_over": True})
    assert given.status_code == 422
    await http.delete("/v1/agents/staff-2?reason=other")
    await support.pass_time(NOW + timedelta(minutes=2))
    assert (await answers(http, path))["agent"] is None
    await agent(http, "staff-1")
    await support.pass_time(NOW + timedelta(minutes=3))
    assert (await answers(http, path))["agent"] == "staff-1"


async def test_a_ticket_is_given_back_with_a_reason_and_taken_over_only_ifsaid(
    http: httpx.AsyncClient, support: Support
) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    await agent(http, "staff-2")
    refused = await http.post(f"{path}/assign", json={"agent": "staff-2", "by": "staff-2"})
    assert (refused.status_code, refused.json()["state"]) == (409, {"agent": "staff-1"})
    taken = await http.post(f"{path}/assign", json={"agent": "staff-2", "by": "staff-2", "take_over": True})
    assert (taken.json()["agent"], taken.json()["how"]) == ("staff-2", "claimed")
    assert (await http.post(f"{path}/assign", json={"agent": None, "by": "staff-2"})).status_code == 422
    back = await http.post(f"{path}/assign", json={"agent": None, "reason": "wrong_skills", "by": "staff-2"})
    assert (back.json()["agent"], back.json()["steps"][-2]["why"]) == (
        "staff-1",
        ["given back by staff-2: wrong_skills"],
    )
    (given_back,) = back.json()["steps"][-2]["because"]
    assert given_back == {"code": "given_back", "values": {"agent": "staff-2", "returned": "wrong_skills"}}


@pytest.mark.parametrize(
    ("fields", "field"), [({"queues": ["nowhere"]}, "body.queues"), ({"calendar": "lunar"}, "body.calendar")]
)
async def test_an_agent_of_no_queue_or_calendar_that_there_is_is_refused(
    http: httpx.AsyncClient, fields: dict[str, Any], field: str
) -> None:
    answer = await http.put("/v1/agents/staff-1", json=DEFINITION | fields)
    assert (answer.status_code, field in answer.text) == (422, True)


async def test_an_agent_that_changed_meanwhile_is_not_overwritten(http: httpx.AsyncClient) -> None:
    first = await http.put("/v1/agents/staff-1", json=DEFINITION)
    await http.put("/v1/agents/staff-1", json=DEFINITION)
    stale = await http.put("/v1/agents/staff-1", json=DEFINITION, headers={"If-Match": first.headers["etag"]})
    assert stale.status_code == 409
    unknown = await http.put("/v1/agents/staff-2", json=DEFINITION, headers={"If-Match": first.headers["etag"]})
    assert unknown.status_code == 409
    assert [each["id"] for each in (await http.get("/v1/agents?limit=2")).json()["items"]] == ["staff-1"]


async def test_who_answers_is_taken_back_after_a_restore(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    path = await opened(support)
    (data,) = [data for kind, data in await support.published() if kind == "ticket.assigned"]
    found = find_contract("crm.tickets", "crm.ticket.assigned.v1")
    assert found is not None
    told_again = said("crm.ticket.assigned.v1", found.adapter.validate_python(data), NOW, str(UUID(int=5)))
    await support.pool.execute("delete from assignment_step; delete from assignment")
    async with support.transaction() as tx:
        await take_back_tickets([told_again], tx)
    await support.routed(triaged("a", at=NOW))
    assert (await answers(http, path))["agent"] == "staff-1"
    assert len(await told(support)) == 1

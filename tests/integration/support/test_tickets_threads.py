"""Messages that join tickets, waiting, merging and splitting, on a real Postgres."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import described, requested

A, B = derived_id("ticket", "a"), derived_id("ticket", "b")


async def act(http: httpx.AsyncClient, what: str, **body: object) -> httpx.Response:
    return await http.post(f"/v1/tickets/{A}/{what}", json={"agent": "staff-12", **body})


async def view(http: httpx.AsyncClient, ticket: object = A) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/v1/tickets/{ticket}")).json()
    return found


async def test_a_message_wakes_the_ticket_that_waits_for_its_customer(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(requested(event_id="a", thread="<m1>"))
    await act(http, "status", status="pending", waits_for="customer")
    await support.heard(requested(event_id="b", thread="<m2>", in_reply_to="<m1>", subject="Re: Lamp", body="Well?"))
    await support.heard(requested(event_id="c", in_reply_to="<m2>", subject="Chair", body="And this?"))
    found = await view(http)
    assert (found["status"], found["waits_for"]) == ("open", None)
    thread = [(entry["author"], entry["text"], entry["suggests_split"]) for entry in found["thread"]]
    assert thread == [
        ("customer", "It is dark.", False),
        ("customer", "Well?", False),
        ("customer", "And this?", True),
    ]
    assert [kind for kind, _ in await support.published()] == [
        "ticket.opened",
        "ticket.status_changed",
        "ticket.replied",
        "ticket.status_changed",
        "ticket.replied",
    ]


async def test_a_ticket_that_waits_until_a_time_opens_then(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(requested(event_id="a"))
    until = NOW + timedelta(hours=2)
    assert (await act(http, "status", status="pending", waits_for="until")).status_code == 422
    past = await act(http, "status", status="pending", waits_for="until", until=NOW.isoformat())
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "body.until")
    answer = await act(http, "status", status="pending", waits_for="until", until=until.isoformat())
    assert (answer.status_code, answer.json()["waits_for"]) == (200, "until")
    await support.pass_time(until - timedelta(seconds=1))
    assert (await view(http))["status"] == "pending"
    await support.pass_time(until)
    found = await view(http)
    assert (found["status"], found["until"], found["version"]) == ("open", None, 3)


async def test_a_ticket_that_went_on_before_its_time_is_left_alone(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(requested(event_id="a"))
    until = NOW + timedelta(hours=2)
    await act(http, "status", status="pending", waits_for="until", until=until.isoformat())
    await act(http, "status", status="resolved")
    await support.pass_time(until)
    assert (await view(http))["status"] == "resolved"
    assert await support.rows("select 1 from timer") == []


@pytest.mark.parametrize(("days", "reopens"), [(13, True), (15, False)])
async def test_a_settled_ticket_is_reopened_for_some_days_and_then_followed(
    http: httpx.AsyncClient, support: Support, days: int, reopens: bool
) -> None:
    await support.heard(requested(event_id="a", thread="<m1>"))
    await act(http, "status", status="resolved")
    await act(http, "status", status="closed")
    late = requested(event_id="b", in_reply_to="<m1>")
    late.now = NOW + timedelta(days=days)
    await support.heard(late)
    assert (await view(http))["status"] == ("reopened" if reopens else "closed")
    if reopens:
        assert "ticket.reopened" in [kind for kind, _ in await support.published()]
    else:
        assert (await view(http, B))["follows"] == str(A)


async def test_merged_tickets_are_one_thread_until_they_are_two_again(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(
        described(), requested(event_id="a", thread="<m1>"), requested(event_id="b", thread="<m2>", body="Again.")
    )
    await act(http, "replies", text="Turn the switch.")
    assert (await act(http, "merge", into=str(B))).json()["status"] == "merged"
    both = await view(http, B)
    assert [entry["text"] for entry in both["thread"]] == ["Again.", "It is dark.", "Turn the switch."]
    assert [each["id"] for each in both["merged"]] == [str(A)]
    await support.heard(requested(event_id="c", in_reply_to="<m1>", body="Still dark."))
    assert (await support.rows("select ticket_id from reply where message_event_id = 'c'"))[0]["ticket_id"] == B
    assert (await act(http, "replies", text="To nobody")).status_code == 409
    assert (await act(http, "unmerge")).json()["status"] == "open"
    assert (await act(http, "unmerge")).status_code == 409
    assert len((await view(http, B))["thread"]) == 2


@pytest.mark.parametrize(("into", "expected"), [("a", 422), ("other", 409), ("nobody", 404)])
async def test_a_ticket_is_merged_into_another_of_its_customer_only(
    http: httpx.AsyncClient, support: Support, into: str, expected: int
) -> None:
    await support.heard(requested(event_id="a"), requested(party=2, event_id="other"))
    answer = await act(http, "merge", into=str(derived_id("ticket", into)))
    assert answer.status_code == expected
    assert (await view(http))["version"] == 1


async def test_a_part_of_a_ticket_becomes_one_of_its_own_and_goes_back(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(
        requested(event_id="a", thread="<m1>"),
        requested(event_id="b", thread="<m2>", in_reply_to="<m1>", subject="Chair", body="It wobbles."),
    )
    (reply,) = await support.rows("select id from reply")
    assert (await act(http, "split", replies=[str(A)])).status_code == 422
    answer = (await act(http, "split", replies=[str(reply["id"])])).json()
    part = await view(http, answer["into"])
    assert (part["subject"], part["status"], part["split_from"]) == ("Chair", "new", str(A))
    assert [entry["text"] for entry in part["thread"]] == ["It wobbles."]
    await support.heard(requested(event_id="c", in_reply_to="<m2>", body="Badly."))
    assert len((await view(http, answer["into"]))["thread"]) == 2
    back = await http.post(f"/v1/tickets/{answer['into']}/merge", json={"into": str(A), "agent": "staff-12"})
    assert back.status_code == 200
    assert len((await view(http))["thread"]) == 3

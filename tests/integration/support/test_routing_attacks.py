"""Where a ticket waits and who holds it, when what was true of either changes meanwhile, on a real Postgres."""

import asyncio
from datetime import timedelta

import httpx

from shared.events.tickets import SlaWarned, TicketStatusChanged
from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_routing import DEFINITION, agent, answers, moved, opened, said
from tests.integration.support.test_sla import triaged
from tests.unit.support.builders import party_id


async def test_what_is_corrected_to_matter_less_waits_with_its_like(http: httpx.AsyncClient, support: Support) -> None:
    """One that was escalated keeps its place until it is settled, and has no part of it when it begins again."""
    path = await opened(support, priority="urgent")
    await opened(support, "b", priority="high")

    async def place() -> int:
        (row,) = await support.rows("select place from assignment where ticket_id = $1", derived_id("ticket", "a"))
        return int(row["place"])

    assert await place() == 1
    await support.pool.execute("update triage set priority = 'low' where ticket_id = $1", derived_id("ticket", "a"))
    await support.routed(triaged("a", priority="low"))
    assert await place() == 4
    line = (await http.get("/v1/queues/payments")).json()["items"]
    assert [each["ticket_id"] for each in line] == [str(derived_id("ticket", name)) for name in "ba"]
    warned = SlaWarned(
        ticket_id=derived_id("ticket", "a"), party_id=party_id(1), request_event_id="a", recorded_at=NOW,
        metric="resolution", cycle=1,
    )  # fmt: skip
    await support.routed(said("crm.sla.warned.v1", warned, NOW))
    await support.routed(triaged("a", priority="low"))
    assert await place() == 0
    await moved(support, http, path, "resolved")
    await moved(support, http, path, "reopened")
    assert await place() == 4


async def test_who_has_more_than_they_may_keeps_it_and_gets_no_more(http: httpx.AsyncClient, support: Support) -> None:
    await agent(http, "staff-1")
    paths = [await opened(support, name) for name in "abc"]
    await http.put("/v1/agents/staff-1", json=DEFINITION | {"capacity": {"email": 1}})
    await support.pass_time(NOW + timedelta(minutes=1))
    waiting = await opened(support, "d")
    await moved(support, http, paths[0], "resolved")
    await support.pass_time(NOW + timedelta(minutes=2))
    assert [(await answers(http, path))["agent"] for path in (*paths[1:], waiting)] == ["staff-1", "staff-1", None]
    claim = await http.post(f"{waiting}/assign", json={"agent": "staff-1", "by": "staff-1"})
    assert claim.status_code == 409
    for path, name in zip(paths[1:], "bc", strict=True):
        await moved(support, http, path, "resolved", name)
    await support.pass_time(NOW + timedelta(minutes=3))
    assert (await answers(http, waiting))["agent"] == "staff-1"


async def test_who_goes_away_while_they_claim_holds_nothing_in_the_end(
    http: httpx.AsyncClient, support: Support
) -> None:
    await agent(http, "staff-1", capacity={"email": 9}, queues=["orders"])
    paths = [await opened(support, f"t{number}") for number in range(4)]
    await asyncio.gather(
        *(http.post(f"{path}/assign", json={"agent": "staff-1", "by": "staff-1"}) for path in paths),
        http.put("/v1/agents/staff-1/presence", json={"presence": "away", "absence": "break"}),
    )
    await support.pass_time(NOW + timedelta(minutes=1))
    assert {(await answers(http, path))["agent"] for path in paths} == {None}


async def test_a_claimed_ticket_that_goes_on_in_another_makes_room(http: httpx.AsyncClient, support: Support) -> None:
    for name in ("staff-1", "staff-2"):
        await agent(http, name, capacity={"email": 1})
    one, other = [await opened(support, name) for name in "ab"]
    third = await opened(support, "c")
    assert (await answers(http, third))["agent"] is None
    had = (await answers(http, one))["agent"]
    await http.post(f"{one}/merge", json={"into": other.rpartition("/")[2], "agent": had})
    data = TicketStatusChanged(
        ticket_id=derived_id("ticket", "a"), party_id=party_id(1), request_event_id="a", recorded_at=NOW,
        previous="new", status="merged", version=2,
    )  # fmt: skip
    await support.routed(said("crm.ticket.status_changed.v1", data, NOW, "merged-a"))
    await support.pass_time(NOW + timedelta(minutes=1))
    assert [(await answers(http, path))["agent"] for path in (other, third)] == [
        ({"staff-1", "staff-2"} - {had}).pop(),
        had,
    ]

"""Policies and calendars over the past, on a real Postgres: those of then lead to what was told then."""

from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from shared.events.tickets import Priority
from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_sla import (
    ALWAYS,
    GOLD,
    MINUTE,
    OPENED,
    opened,
    promised,  # noqa: F401  the fixture
    triaged,
)
from tests.unit.support.builders import requested

PATH = "/v1/slas/backtest"
SPAN = {"since": (OPENED - timedelta(days=1)).isoformat(), "until": (NOW + timedelta(days=30)).isoformat()}


async def tried(http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await http.post(PATH, json=SPAN | body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def passed(support: Support, http: httpx.AsyncClient, seed: int) -> None:
    """Half a day of tickets that are answered, wait, are resolved and begin again, as a seed has it."""
    dice = Random(seed)
    priorities: dict[str, Priority] = {f"t{number}": dice.choice(["normal", "high"]) for number in range(8)}
    for name, priority in priorities.items():
        await support.heard(requested(event_id=name, thread=name))
        await support.followed(triaged(name, priority=priority))
    for turn in range(40):
        await support.pass_time(support.now + dice.randint(1, 25) * MINUTE)
        name = dice.choice(list(priorities))
        path = f"/v1/tickets/{derived_id('ticket', name)}"
        match dice.choice(["reply", "pending", "resolved", "reopened", "message"]):
            case "reply":
                await http.post(f"{path}/replies", json={"text": "Soon.", "agent": "staff-1"})
            case "message":
                event = requested(event_id=f"m{turn}", in_reply_to=name)
                event.now = support.now
                await support.heard(event)
            case status:
                await http.post(f"{path}/status", json={"status": status, "agent": "staff-1"})
        await support.followed(triaged(name, priority=priorities[name], at=support.now))
    await support.pass_time(support.now + timedelta(days=1))


@pytest.mark.parametrize("seed", range(3))
async def test_the_rules_of_then_lead_to_what_was_told_then(
    http: httpx.AsyncClient,
    promised: Support,  # noqa: F811  the fixture
    seed: int,
) -> None:
    await passed(promised, http, seed)
    found = await tried(http)
    assert (found["tickets"], found["changed"], found["items"]) == (8, 0, [])
    assert found["before"] == found["after"]
    told = {
        (row["metric"], row["told"]): row["clocks"]
        for row in await promised.rows("select metric, told, count(*) as clocks from sla_told group by metric, told")
    }
    judged = {
        (metric, state): count
        for metric, states in found["before"]["clocks"].items()
        for state, count in states.items()
        if state in {"breached", "met"}
    }
    warned = {(metric, "warned"): count for metric, count in found["before"]["warned"].items() if count}
    assert judged | warned == told


async def test_another_rule_is_tried_and_nothing_is_written(
    http: httpx.AsyncClient,
    promised: Support,  # noqa: F811  the fixture
) -> None:
    await opened(promised)
    await promised.pass_time(NOW + 30 * MINUTE)
    before = await promised.rows("select * from sla_definition, sla_promise, sla_told order by 1, 2, 3")
    slower = GOLD | {"targets": {"normal": {"first_response": 120}}}
    found = await tried(http, policies={"default": slower})
    assert (found["tickets"], found["changed"]) == (1, 1)
    assert found["before"]["clocks"] == {"first_response": {"breached": 1}, "resolution": {"running": 1}}
    assert (found["after"]["clocks"], found["after"]["warned"]) == (
        {"first_response": {"running": 1}},
        {"first_response": 0},
    )
    (item,) = found["items"]
    assert [(item[side]["policy"], item[side]["policy_version"]) for side in ("before", "after")] == [
        ("default", 2),
        ("default", 0),
    ]
    never = await tried(http, calendars={"always": {"zone": "UTC", "week": [[]] * 7}}, shown=0)
    assert (never["after"]["clocks"]["first_response"], never["items"]) == ({"paused": 1}, [])
    # What happened after the end of the time is not known in it.
    early = await tried(http, until=(OPENED + MINUTE).isoformat(), policies={"default": slower})
    assert early["before"]["clocks"]["first_response"] == {"running": 1}
    assert await promised.rows("select * from sla_definition, sla_promise, sla_told order by 1, 2, 3") == before
    # The rule of today is another than that of then, once it is published.
    await http.put("/v1/slas/default", json=slower)
    assert (await tried(http))["changed"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"policies": {"platinum": GOLD}}, "body.policies"),
        ({"policies": {"default": GOLD | {"calendar": "moon"}}}, "body.policies.default.calendar"),
        ({"policies": {"default": {"calendar": "always"}}}, "body.policies.default.targets"),
        ({"calendars": {"always": ALWAYS | {"zone": "Moon/Crater"}}}, "body.calendars.always.zone"),
        ({"since": (NOW - timedelta(days=200)).isoformat()}, "body.since"),
        ({"since": (NOW + timedelta(days=1)).isoformat()}, "body.since"),
        ({"since": "soon"}, "body.since"),
    ],
)
async def test_what_could_not_go_live_is_not_tried(
    http: httpx.AsyncClient,
    promised: Support,  # noqa: F811  the fixture
    body: dict[str, Any],
    field: str,
) -> None:
    del promised
    answer = await http.post(PATH, json=SPAN | body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

"""Promises on a real Postgres: clocks that are told once, agreements, versions, and what a restore takes back."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from services.support.settings import OWN_PROMISES
from services.support.sla.commands import publish
from services.support.sla.store import load_rules
from services.support.sla.worker import load_promises
from shared.errors import Transient
from shared.events.agreements import AgreementSigned, AgreementTerminated
from shared.events.contract import find_contract
from shared.events.tickets import Priority, TicketTriaged
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import party_id, requested

TICKET = derived_id("ticket", "a")
PATH = f"/v1/tickets/{TICKET}"
MINUTE = timedelta(minutes=1)
OPENED = NOW - 59 * MINUTE
"""When the service takes in the requests of these tests."""
ALWAYS = {"zone": "UTC", "week": [[{"start": 0, "end": 1440}]] * 7}
FRAGMENTS = [{"start": 2 * each, "end": 2 * each + 1} for each in range(25)]
"""One more than the hours that a day may have."""
GOLD = {
    "calendar": "always",
    "targets": {"normal": {"first_response": 60, "next_response": 30, "resolution": 240}, "high": {"resolution": 60}},
}


@pytest.fixture
async def promised(support: Support, http: httpx.AsyncClient) -> Support:
    """The policies of the file, with a calendar that is always open and a default by it."""
    promises = load_promises(OWN_PROMISES)
    async with support.transaction() as tx:
        await publish(tx, promises.calendars, promises.policies)
    for path, body in (("calendars/always", ALWAYS), ("slas/default", GOLD)):
        assert (await http.put(f"/v1/{path}", json=body)).status_code == 200
    return support


def triaged(name: str = "a", party: int = 1, priority: Priority = "normal", at: datetime = OPENED) -> Any:
    data = TicketTriaged(
        ticket_id=derived_id("ticket", name), party_id=party_id(party), request_event_id=name, recorded_at=at,
        category=None, confidence=0.0, urgency="normal", sentiment="neutral", priority=priority, skills=(),
        model_version=1,
    )  # fmt: skip
    return decoded(
        "crm.tickets", "crm.ticket.triaged.v1", data, key=str(party_id(party)), at=at, now=at,
        id_=f"triaged-{name}-{priority}",
    )  # fmt: skip


def agreed(model: type[Any], party: int = 1, **fields: Any) -> Any:
    data = model(party_id=party_id(party), agreement_id=UUID(int=7), recorded_at=NOW, **fields)
    kind = "signed" if model is AgreementSigned else "terminated"
    return decoded(
        "crm.agreements", f"crm.agreement.{kind}.v1", data, key=str(party_id(party)), at=NOW, now=NOW, id_=f"{kind}-1"
    )


async def opened(support: Support, name: str = "a", party: int = 1, priority: Priority = "normal") -> None:
    await support.heard(requested(party, event_id=name))
    await support.followed(triaged(name, party, priority))


async def told(support: Support) -> list[tuple[str, str | None]]:
    return [(kind, data.get("metric")) for kind, data in await support.published() if kind.startswith("sla.")]


async def test_without_a_policy_tickets_wait(support: Support) -> None:
    with pytest.raises(Transient):
        await opened(support)


async def test_each_clock_is_told_of_once_however_often_it_is_looked_at(promised: Support) -> None:
    await opened(promised)
    (applied,) = [data for kind, data in await promised.published() if kind == "sla.applied"]
    assert (applied["policy"], applied["policy_version"], applied["priority"]) == ("default", 2, "normal")
    assert datetime.fromisoformat(applied["first_response_due"]) == OPENED + 60 * MINUTE
    assert await promised.rows("select due_at from timer where name = 'sla'") == [{"due_at": NOW - 11 * MINUTE}]
    await promised.pass_time(NOW - 2 * MINUTE)
    assert await told(promised) == [("sla.applied", None), ("sla.warned", "first_response")]
    await promised.pass_time(NOW + MINUTE)
    await promised.pass_time(NOW + timedelta(days=1))
    await promised.followed(triaged(at=promised.now), triaged(priority="high", at=promised.now))
    assert (await told(promised))[2:] == [
        ("sla.breached", "first_response"),
        ("sla.warned", "resolution"),
        ("sla.breached", "resolution"),
    ]
    assert await promised.rows("select 1 from timer where name = 'sla'") == []


async def test_two_who_look_at_once_tell_it_once(promised: Support) -> None:
    await promised.heard(requested(event_id="a"))
    late = triaged(at=NOW + timedelta(days=1))
    await asyncio.gather(*(promised.followed(late) for _ in range(4)))
    assert sorted(await told(promised)) == sorted(set(await told(promised)))
    assert len(await told(promised)) == 5


async def test_two_who_fire_at_once_and_hear_it_again_tell_it_once(promised: Support) -> None:
    await opened(promised)
    promised.now = NOW + timedelta(days=1)

    fires, again = partial(promised.pass_time, promised.now), [triaged(), triaged(at=promised.now)]
    await asyncio.gather(*(fires() for _ in range(3)), promised.followed(*again))
    assert sorted(await told(promised), key=str) == sorted(set(await told(promised)), key=str)
    assert len(await told(promised)) == 5


@pytest.mark.parametrize("off", [timedelta(hours=-6), timedelta(), timedelta(hours=6)])
async def test_the_next_response_counts_from_when_the_message_was_taken_in(
    http: httpx.AsyncClient, promised: Support, off: timedelta
) -> None:
    await promised.heard(requested(event_id="a", thread="t"))
    promised.now = OPENED + 5 * MINUTE
    await http.post(f"{PATH}/replies", json={"text": "Turn the switch.", "agent": "staff-12"})
    taken_in = OPENED + 10 * MINUTE
    message = replace(requested(event_id="b", thread="t"), time=taken_in + off, now=taken_in)
    await promised.heard(message)
    await promised.followed(triaged(at=taken_in))
    clocks = (await http.get(PATH)).json()["sla"]["then"]["clocks"]
    found = {each["metric"]: datetime.fromisoformat(each["started_at"]) for each in clocks}
    assert found == {"first_response": OPENED, "next_response": taken_in, "resolution": OPENED}
    thread = (await http.get(PATH)).json()["thread"]
    (shown,) = [each["at"] for each in thread if (each["kind"], each["author"]) == ("reply", "customer")]
    assert datetime.fromisoformat(shown) == taken_in + off


async def test_a_version_of_a_definition_is_read_once(promised: Support) -> None:
    async with promised.transaction() as tx:
        first, second = [await load_rules(tx) for _ in range(2)]
    assert first["default"].calendar is second["default"].calendar
    assert first["default"].policy is second["default"].policy


async def test_an_answer_a_pause_and_a_resolution_move_the_clocks(http: httpx.AsyncClient, promised: Support) -> None:
    promised.now = NOW - 30 * MINUTE
    await opened(promised)
    await http.post(f"{PATH}/replies", json={"text": "Turn the switch.", "agent": "staff-12"})
    await promised.followed(triaged(at=promised.now))
    assert (await told(promised))[1:] == [("sla.met", "first_response")]
    waiting = {"status": "pending", "waits_for": "customer", "agent": "staff-12"}
    await http.post(f"{PATH}/status", json=waiting)
    await promised.followed(triaged(at=promised.now))
    shown = (await http.get(PATH)).json()["sla"]
    assert {each["metric"]: each["state"] for each in shown["then"]["clocks"]} == {
        "first_response": "met",
        "resolution": "paused",
    }
    assert (shown["next_due_at"], shown["slack"]) == (None, None)
    assert await promised.rows("select 1 from timer where name = 'sla'") == []
    promised.now = NOW + timedelta(days=3)
    for status in ("open", "resolved"):
        await http.post(f"{PATH}/status", json={"status": status, "agent": "staff-12"})
    await promised.followed(triaged(at=promised.now))
    assert (await told(promised))[2:] == [("sla.met", "resolution")]


async def test_what_was_promised_stays_when_the_rule_changes(http: httpx.AsyncClient, promised: Support) -> None:
    await opened(promised)
    stricter = {**GOLD, "targets": {"normal": {"resolution": 20}}}
    assert (await http.put("/v1/slas/default", json=stricter)).json() == {"name": "default", "version": 3}
    assert (await http.put("/v1/slas/default", json=stricter)).json()["version"] == 3
    shown = (await http.get(PATH)).json()["sla"]
    assert (shown["then"]["policy_version"], shown["today"]["policy_version"]) == (2, 3)
    assert [each["due_at"] for each in shown["then"]["clocks"] if each["metric"] == "resolution"] == [
        "2026-03-02T16:01:00Z"
    ]
    assert [(each["due_at"], each["state"]) for each in shown["today"]["clocks"]] == [
        ("2026-03-02T12:21:00Z", "breached")
    ]
    await promised.followed(triaged(priority="high"))
    assert (await http.get(PATH)).json()["sla"]["today"] | {"clocks": []} == {
        "policy": "default", "policy_version": 3, "calendar": "always", "calendar_version": 1, "agreement_id": None,
        "priority": "high", "clocks": [],
    }  # fmt: skip


async def test_the_policy_is_that_of_the_partys_agreement_while_it_is_in_force(
    http: httpx.AsyncClient, promised: Support
) -> None:
    await http.put("/v1/slas/gold", json=GOLD)
    await promised.followed(agreed(AgreementSigned, starts_at=NOW - timedelta(days=9), sla_policy="gold"))
    await opened(promised)
    await opened(promised, "b", party=2)
    await promised.followed(agreed(AgreementTerminated, ended_at=NOW))
    await promised.heard(requested(event_id="c"))
    await promised.followed(triaged("c", at=NOW))
    applied = [data for kind, data in await promised.published() if kind == "sla.applied"]
    assert [(each["policy"], each.get("agreement_id")) for each in applied] == [
        ("gold", str(UUID(int=7))),
        ("default", None),
        ("default", None),
    ]


async def test_the_deadline_that_comes_first_is_listed_first(http: httpx.AsyncClient, promised: Support) -> None:
    await opened(promised, priority="high")
    await opened(promised, "b", party=2)
    await http.post(f"/v1/tickets/{derived_id('ticket', 'b')}/replies", json={"text": "Yes.", "agent": "staff-12"})
    await promised.followed(triaged("b", 2))
    first = (await http.get("/v1/slas/deadlines?limit=1")).json()
    assert [(each["ticket_id"], each["due_at"]) for each in first["items"]] == [(str(TICKET), "2026-03-02T13:01:00Z")]
    second = (await http.get(f"/v1/slas/deadlines?limit=1&cursor={first['next_cursor']}")).json()
    assert [each["due_at"] for each in second["items"]] == ["2026-03-02T16:01:00Z"]
    assert second["next_cursor"] is None


async def test_of_two_who_define_at_once_each_has_a_version(http: httpx.AsyncClient, promised: Support) -> None:
    """Who is answered that it is so finds what they said under the number that they were told."""
    del promised
    said = [{"calendar": "always", "targets": {"normal": {"resolution": minutes}}} for minutes in range(1, 5)]
    answers = await asyncio.gather(*(http.put("/v1/slas/silver", json=each) for each in said))
    told = {each.json()["version"]: minutes for minutes, each in enumerate(answers, 1)}
    assert sorted(told) == [1, 2, 3, 4]
    listed = (await http.get("/v1/slas")).json()["items"]
    found = {
        each["version"]: each["definition"]["targets"]["normal"]["resolution"]
        for each in listed
        if each["name"] == "silver"
    }
    assert found == told


async def test_a_calendar_that_never_opens_promises_nothing_and_warns_of_nothing(
    http: httpx.AsyncClient, promised: Support
) -> None:
    await http.put("/v1/calendars/never", json={"zone": "UTC", "week": [[]] * 7})
    await http.put("/v1/slas/default", json={**GOLD, "calendar": "never"})
    await opened(promised)
    await promised.pass_time(NOW + timedelta(days=400))
    assert [kind for kind, _ in await promised.published() if kind.startswith("sla.")] == ["sla.applied"]
    view = (await http.get(PATH)).json()["sla"]
    assert (view["next_due_at"], view["slack"]) == (None, None)
    assert {each["state"] for each in view["then"]["clocks"]} == {"paused"}
    assert await promised.rows("select from timer where name = 'sla'") == []


@pytest.mark.usefixtures("promised")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("slas/default", {**GOLD, "calendar": "lunar"}, "body.calendar"),
        ("slas/default", {**GOLD, "targets": {"normal": {"resolution": 0}}}, "body.targets.normal.resolution"),
        ("calendars/always", {**ALWAYS, "country": "XX"}, "body.country"),
        ("calendars/always", {**ALWAYS, "zone": "Mars/Base"}, "body.zone"),
        ("calendars/always", {**ALWAYS, "week": [FRAGMENTS, *[[]] * 6]}, "body.week.0"),
        (
            "calendars/always",
            {**ALWAYS, "closed": [f"2026-01-{1 + day % 31:02}" for day in range(1001)]},
            "body.closed",
        ),
    ],
)
async def test_a_definition_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await http.put(f"/v1/{path}", json=body)
    assert (answer.status_code, field in answer.text) == (422, True)
    assert len((await http.get("/v1/calendars")).json()["items"]) == 2


async def test_little_time_left_raises_the_priority_of_a_correction(http: httpx.AsyncClient, promised: Support) -> None:
    await opened(promised)
    await promised.pool.execute(
        "insert into triage values ($1, null, 0, false, 'normal', 'neutral', null, 'normal', '{}', '{}', 1, null, $2)",
        TICKET,
        NOW,
    )
    answers = []
    for minutes in (0, 50, 70):
        promised.now = OPENED + minutes * MINUTE
        answer = await http.post(f"{PATH}/triage", json={"category": "delivery", "agent": "staff-12"})
        answers.append(answer.json()["reasons"][1].partition("time left ")[2].split()[0])
    assert answers == ["1", "1.5", "2"]


async def test_what_was_promised_and_told_is_taken_back_and_not_told_again(promised: Support) -> None:
    await opened(promised)
    await promised.pass_time(NOW - 2 * MINUTE)
    published = [(f"crm.{kind}.v1", data) for kind, data in await promised.published() if kind.startswith("sla.")]
    await promised.pool.execute("delete from sla_told; delete from sla_promise; delete from timer; delete from outbox")
    key = str(party_id(1))
    said = [
        decoded("crm.tickets", kind, found.adapter.validate_python(data), key=key, at=NOW, now=NOW)
        for kind, data in published
        if (found := find_contract("crm.tickets", kind)) is not None
    ]
    async with promised.transaction() as tx:
        await take_back_tickets(said, tx)
    await promised.followed(triaged())
    await promised.pass_time(NOW + MINUTE)
    assert [kind for kind, _ in published] == ["crm.sla.applied.v1", "crm.sla.warned.v1"]
    assert await told(promised) == [("sla.breached", "first_response")]

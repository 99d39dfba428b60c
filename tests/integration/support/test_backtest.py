"""Rules of triage and routing over the past, on a real Postgres: those in force lead to what they led to live."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from shared.events.contract import find_contract
from shared.events.tickets import TicketOpened
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.support.running import Support
from tests.integration.support.test_sla import promised  # noqa: F401  the fixture
from tests.integration.support.test_triage import learning
from tests.unit.support.builders import party_id, requested

MINUTE = timedelta(minutes=1)
SPAN = {"since": "2026-03-02T12:00:00Z", "until": "2026-03-03T12:00:00Z"}
BODIES = (
    "My parcel has not arrived",
    "I was charged twice for my order, this is urgent!! I want my money back",
    "Pakken er ikke kommet endnu",
    "How do I change my password",
    "The lamp that you sent is broken",
)
OFFICE = {"zone": "UTC", "week": [[{"start": 780, "end": 800}, {"start": 820, "end": 1000}]] * 7}


@dataclass
class Day:
    """A day at the desk, as a seed has it: requests, agents who come and go, tickets that end and begin again."""

    support: Support
    http: httpx.AsyncClient
    dice: Random
    told: int = 0
    names: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        await learning(self.support).step(self.support)
        await self.http.put("/v1/calendars/office", json=OFFICE)
        every = ["orders", "payments", "quality", "language:en", "language:da"]
        for name, more in (
            ("staff-1", {"skills": every, "queues": ["orders", "payments"]}),
            ("staff-2", {"skills": every, "queues": ["general", "orders"]}),
            ("staff-3", {"skills": every[:4], "queues": ["orders", "general"], "calendar": "office"}),
        ):
            await self.http.put(f"/v1/agents/{name}", json={"capacity": {"email": 2}, **more})
            await self.come(name)

    async def go_on(self, minutes: int) -> None:
        for _ in range(minutes):
            await self.support.pass_time(self.support.now + MINUTE)
            await self.pump()
            await self.dice.choices([self.ask, self.end, self.come, self.go, self.begin_again], [5, 4, 2, 1, 1])[0]()
            await self.pump()

    async def ask(self) -> None:
        new = [f"r{len(self.names) + each}" for each in range(self.dice.randint(1, 3))]
        first = len(self.names)
        asked = [
            requested(first + place, event_id=name, body=self.dice.choice(BODIES)) for place, name in enumerate(new)
        ]
        for each in asked:
            each.now = self.support.now
        await self.support.heard(*asked)
        await self.support.triaged(*(self._opened(name, first + place) for place, name in enumerate(new)))
        self.names += new

    async def end(self) -> None:
        await self._move("resolved")

    async def begin_again(self) -> None:
        await self._move("reopened")

    async def _move(self, status: str) -> None:
        known = await self.support.rows(
            "select id from ticket left join assignment on ticket_id = id "
            "where (status = 'resolved') = ($1 = 'reopened') order by agent_id is null, number limit 6",
            status,
        )
        if known:
            path = f"/v1/tickets/{self.dice.choice(known)['id']}/status"
            assert (await self.http.post(path, json={"status": status, "agent": "staff-9"})).status_code == 200

    async def come(self, name: str | None = None) -> None:
        await self._be(name, "online")

    async def go(self) -> None:
        await self._be(None, self.dice.choice(["away", "busy", "offline"]))

    async def _be(self, name: str | None, presence: str) -> None:
        agent = name or self.dice.choice(["staff-1", "staff-2", "staff-3"])
        await self.http.put(f"/v1/agents/{agent}/presence", json={"presence": presence})

    async def pump(self) -> None:
        """What was said is heard, and timers fire, until nothing more comes of it."""
        while said := list(await self._said()):
            await self.support.routed(*said)
            await self.support.pass_time(self.support.now)
        await self.support.pass_time(self.support.now)

    async def _said(self) -> Iterator[Any]:
        rows = await self.support.rows("select id, type, key, payload from outbox where id > $1 order by id", self.told)
        self.told = max((row["id"] for row in rows), default=self.told)
        heard = {"crm.ticket.triaged.v1", "crm.ticket.status_changed.v1"}
        return (_event(row, self.support.now) for row in rows if row["type"] in heard)

    def _opened(self, name: str, party: int) -> Any:
        data = TicketOpened(
            ticket_id=derived_id("ticket", name), party_id=party_id(party), request_event_id=name,
            recorded_at=self.support.now, number=1, channel="email", has_text=True,
        )  # fmt: skip
        now = self.support.now
        return decoded("crm.tickets", "crm.ticket.opened.v1", data, key=str(data.party_id), at=now, now=now, id_=name)


def _event(row: dict[str, Any], now: Any) -> Any:
    contract = find_contract("crm.tickets", row["type"])
    assert contract is not None
    data = contract.adapter.validate_json(row["payload"])
    return decoded("crm.tickets", row["type"], data, key=row["key"], at=now, now=now, id_=f"said-{row['id']}")


async def tried(http: httpx.AsyncClient, **draft: Any) -> dict[str, Any]:
    answer = await http.post("/v1/routing/backtest", json={**SPAN, **draft})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("promised")
@pytest.mark.parametrize("seed", [int(each) for each in os.environ.get("SEEDS", "6").split(",")])
async def test_the_rules_in_force_lead_to_what_they_led_to(
    support: Support,
    http: httpx.AsyncClient,
    seed: int,
) -> None:
    day = Day(support, http, Random(seed))
    await day.begin()
    await day.go_on(45)
    again = await tried(http)
    assert again["items"] == []
    assert again["changed"] == {"category": 0, "priority": 0, "queue": 0, "agent": 0}
    assert again["before"] == again["after"]
    assert 5 < again["after"]["given"] < again["tickets"]
    assert len(again["after"]["by_agent"]) > 1
    assert await tried(http, asks_model=True) == again
    before = await support.rows("select count(*) from outbox")
    helped = await tried(
        http, agents={"staff-4": {"capacity": {"email": 100}, "queues": ["general", "orders", "payments"]}}
    )
    assert helped["after"]["given"] > again["after"]["given"]
    assert helped["changed"]["priority"] == 0
    pressing = await tried(http, categories={"delivery": {"impact": 3, "skills": ["parcels"]}})
    assert pressing["changed"]["priority"] > 0
    gone = await tried(http, queues=[{"name": "all"}], agents={}, shown=3)
    assert gone["after"]["by_queue"] == {"all": gone["tickets"]}
    assert len(gone["items"]) == 3
    assert await support.rows("select count(*) from outbox") == before


async def test_rules_that_could_not_go_live_are_not_tried(http: httpx.AsyncClient) -> None:
    drafts: tuple[dict[str, Any], ...] = (
        {"categories": {"nothing": {"impact": 1}}},
        {"queues": []},
        {"queues": [{"name": "a"}, {"name": "a"}]},
        {"queues": [{"name": "a", "fallback": "b"}]},
        {"agents": {"staff-1": {"queues": ["nowhere"]}}},
        {"agents": {"staff-1": {"calendar": "never"}}},
        {"until": SPAN["since"]},
        {"since": "2025-01-01T00:00:00Z"},
        {"since": "2026-03-03T00:00:00Z"},
    )
    for wrong in drafts:
        answer = await http.post("/v1/routing/backtest", json={**SPAN, **wrong})
        assert answer.status_code == 422, (wrong, answer.text)
    assert (await tried(http))["tickets"] == 0

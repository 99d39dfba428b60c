"""The order of locks: agents at work over HTTP, two members of each group and their timers, on the same few tickets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from services.support.main import routers
from services.support.settings import OWN_PROMISES, Settings
from services.support.sla.commands import publish
from services.support.sla.worker import load_promises
from services.support.subscriptions import csat, routing, sla, stats, tickets, triage
from shared.engine.event import Event
from shared.engine.subscription import Subscription
from shared.engine.timers import fire_due
from shared.events.contract import find_contract
from tests.events import decoded
from tests.integration.running import NOW, client
from tests.integration.support.running import Support
from tests.integration.support.test_csat_question import MAILED
from tests.integration.support.test_triage import learning
from tests.unit.support.builders import described, requested

AGENTS, ACTS, PARTIES, MEMBERS, TICKETS = 8, 40, 6, 2, 12
NAME = "a desk at work"
EVENTS = (
    "ticket.triaged", "ticket.assigned", "ticket.replied", "ticket.noted", "ticket.resolved", "ticket.merged",
    "ticket.followed", "sla.breached", "sla.warned", "csat.asked", "csat.recorded", "dispute.raised", "dispute.overdue",
)  # fmt: skip
GROUPS = (triage, sla, routing, csat, stats)
SECOND = timedelta(seconds=1)
HURRIED = {
    "calendar": "always",
    "targets": {
        each: {"first_response": 1, "next_response": 1, "resolution": 2} for each in ("low", "normal", "high", "urgent")
    },
}
ALWAYS = {"zone": "UTC", "week": [[{"start": 0, "end": 1440}]] * 7}


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator["Desk"]:
    """Gone with all of its connections."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=30, server_settings={"application_name": NAME}) as pool:
        support = Support(pool, MAILED)
        await support.clear()
        async with client(support, Settings, dsn, *routers) as http:
            desk = Desk(support, http)
            await desk.open()
            yield desk


async def deadlocks(dsn: str) -> int:
    """How many transactions of this database were ever a deadlock's victim, those of the test's connections among them:
    a connection tells its figures before it is gone.
    """
    connection = await asyncpg.connect(dsn)
    try:
        while await connection.fetchval(
            "select exists(select from pg_stat_activity where application_name = $1)", NAME
        ):
            await asyncio.sleep(0.05)
        return int(
            await connection.fetchval("select deadlocks from pg_stat_database where datname = current_database()")
        )
    finally:
        await connection.close()


async def test_agents_handlers_and_timers_never_wait_for_each_other_in_a_circle(dsn: str) -> None:
    before = await deadlocks(dsn)
    async with opened(dsn) as desk:
        await desk.work()
    assert await deadlocks(dsn) == before


@dataclass
class Desk:
    """A desk at work. `heard` holds what each member of each group was told of what stands in the outbox."""

    support: Support
    http: httpx.AsyncClient
    dice: Random = field(default_factory=lambda: Random(7))
    heard: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    asked: int = 0
    is_all_told: bool = False
    is_over: bool = False

    async def open(self) -> None:
        promises = load_promises(OWN_PROMISES)
        async with self.support.transaction() as tx:
            await publish(tx, promises.calendars, promises.policies)
        await self.http.put("/v1/calendars/always", json=ALWAYS)
        assert (await self.http.put("/v1/slas/default", json=HURRIED)).status_code == 200
        await learning(self.support).step(self.support)
        for number in range(AGENTS):
            every = ["orders", "payments", "quality", "accounts", "language:en"]
            await self.http.put(
                f"/v1/agents/staff-{number}",
                json={"skills": every, "queues": ["orders", "payments", "general"], "capacity": {"email": 3}},
            )
            await self._be_there(number)

    async def work(self) -> None:
        """Until every agent has done as much as they do and everything was told; raises what anybody raised."""
        around = [
            *(self._hear(group, member) for group in GROUPS for member in range(MEMBERS)),
            *(self._fire(group, name) for group in (tickets, *GROUPS) for name in group.timers),
            *(self._ask(member) for member in range(MEMBERS)),
            self._watch(),
        ]
        async with asyncio.TaskGroup() as tasks:
            for each in around:
                tasks.create_task(each)
            async with asyncio.TaskGroup() as agents:
                for number in range(AGENTS):
                    agents.create_task(self._act(number, Random(number)))
            self.is_over = True

    async def _act(self, number: int, dice: Random) -> None:
        await self._until_there_are_tickets()
        acted = 0
        while acted < ACTS or not self.is_all_told:
            acted += 1
            act = dice.choice(
                (
                    *(self._reply, self._move, self._wait, self._triage, self._assign),
                    *(self._follow, self._merge, self._rate, self._dispute, self._be_there_or_not),
                )
            )
            ticket = dice.choice(
                await self.support.rows(f"select id, party_id from ticket order by id limit {TICKETS}")
            )
            answer = await act(number, ticket, dice)
            assert answer.status_code < 500, (act.__name__, answer.text)

    async def _until_there_are_tickets(self) -> None:
        while len(await self.support.rows("select 1 from assignment")) < TICKETS:
            await asyncio.sleep(0)

    async def _reply(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        kind = dice.choice(["reply", "note"])
        return await self._post(f"{ticket['id']}/replies", {"text": "We look into it.", "kind": kind, **_by(number)})

    async def _move(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        status = dice.choice(["open", "resolved", "reopened", "closed"])
        return await self._post(f"{ticket['id']}/status", {"status": status, **_by(number)})

    async def _wait(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        until = (self.support.now + dice.randint(1, 60) * SECOND).isoformat()
        body = {"status": "pending", "waits_for": "until", "until": until, **_by(number)}
        return await self._post(f"{ticket['id']}/status", body)

    async def _triage(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        return await self._post(f"{ticket['id']}/triage", {"category": dice.choice(["delivery", None]), **_by(number)})

    async def _assign(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        to: dict[str, Any] = {"agent": f"staff-{dice.randrange(AGENTS)}", "take_over": True}
        body = dice.choice([to, {"agent": None, "reason": "skill"}])
        return await self._post(f"{ticket['id']}/assign", {**body, "by": f"staff-{number}"})

    async def _follow(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        path = f"/v1/tickets/{ticket['id']}/followers/staff-{number}"
        return await self.http.request(dice.choice(["PUT", "DELETE"]), path)

    async def _merge(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        others = await self.support.rows(
            "select id from ticket where party_id = $1 and id <> $2 and merged_into is null order by id limit 3",
            ticket["party_id"],
            ticket["id"],
        )
        if not others or dice.random() < 0.5:
            return await self._post(f"{ticket['id']}/unmerge", _by(number))
        return await self._post(f"{ticket['id']}/merge", {"into": str(dice.choice(others)["id"]), **_by(number)})

    async def _rate(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        await self._post(f"{ticket['id']}/status", {"status": "resolved", **_by(number)})
        link = await self.http.post(f"/v1/tickets/{ticket['id']}/survey")
        if link.status_code != httpx.codes.OK:
            return link
        given: dict[str, Any] = dice.choice([{"value": dice.randint(1, 5)}, {"refuse": True}])
        return await self.http.post(link.json()["url"].removeprefix("https://help.example"), params=given)

    async def _dispute(self, number: int, ticket: Any, dice: Random) -> httpx.Response:
        due_at = (self.support.now + dice.randint(1, 60) * SECOND).isoformat()
        body = {
            "party_id": str(ticket["party_id"]),
            "ticket_id": str(ticket["id"]),
            "cause": "quality",
            "due_at": due_at,
            **_by(number),
        }
        return await self.http.post("/v1/disputes", json=body)

    async def _be_there_or_not(self, number: int, _: Any, dice: Random) -> httpx.Response:
        return await self._be_there(number, dice.choice(["online", "online", "away", "busy"]))

    async def _be_there(self, number: int, presence: str = "online") -> httpx.Response:
        return await self.http.put(f"/v1/agents/staff-{number}/presence", json={"presence": presence})

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post(f"/v1/tickets/{path}", json=body)

    async def _hear(self, group: Subscription, member: int) -> None:
        """A member of a group, with half of the partitions."""
        while not self.is_over:
            said = [each async for each in self._said(group, member)]
            await _again(lambda said=said: self.support.hear(group, said))  # type: ignore[misc]
            await asyncio.sleep(0)

    async def _said(self, group: Subscription, member: int) -> AsyncIterator[Event[Any]]:
        known = self.heard.setdefault((group.group, member), set())
        rows = await self.support.rows("select id, type, key, topic, payload from outbox order by id desc limit 2000")
        for row in reversed(rows):
            if row["id"] not in known and UUID(row["key"]).int % MEMBERS == member and row["topic"] in group.topics:
                known.add(row["id"])
                yield _event(row, self.support.now)

    async def _fire(self, group: Subscription, name: str) -> None:
        while not self.is_over:
            marks = dict.fromkeys(range(12), self.support.now)
            await _again(lambda marks=marks: fire_due(group, self.support.ledger, name, marks, 500, lambda _: True))  # type: ignore[misc]
            await asyncio.sleep(0)

    async def _watch(self) -> None:
        wanted = {f"crm.{each}.v1" for each in EVENTS}
        while not self.is_all_told:
            rows = await self.support.rows("select distinct type from outbox")
            self.is_all_told = wanted <= {row["type"] for row in rows}
            await asyncio.sleep(0)

    async def _ask(self, member: int) -> None:
        """Requests and descriptions of customers, some of them new; each batch takes ten seconds."""
        while not self.is_over:
            self.asked += 1
            self.support.now = NOW + self.asked * 10 * SECOND
            some = self.dice.sample(range(1, PARTIES), 3)
            asked = [
                replace(
                    requested(each, event_id=f"r{member}-{self.asked}-{each}", thread=f"t{self.asked % 3}"),
                    now=self.support.now,
                )
                for each in some
                if self.asked < 3 * TICKETS
            ]
            fresh = 1_000 + self.asked
            copies = [described(each, version=self.asked, email="ada@example.com") for each in (*some, fresh)]
            await _again(lambda all_=(*copies, *asked): self.support.heard(*all_))  # type: ignore[misc]
            await asyncio.sleep(0)


async def _again(act: Callable[[], Awaitable[object]]) -> None:
    """As the engine does with what is no fault of a record."""
    while True:
        try:
            await act()
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            continue
        return


def _by(number: int) -> dict[str, Any]:
    return {"agent": f"staff-{number}"}


def _event(row: dict[str, Any], now: Any) -> Event[Any]:
    contract = find_contract(row["topic"], row["type"])
    assert contract is not None
    data = contract.adapter.validate_json(row["payload"])
    return decoded(row["topic"], row["type"], data, key=row["key"], at=now, now=now, id_=f"said-{row['id']}")

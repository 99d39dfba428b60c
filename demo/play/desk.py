"""Support's desk on a Monday morning: agents come, are given tickets, answer them, and customers say how it was."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx

from demo.oracle.ledger import Ledger, Ticket
from demo.play.settle import NotSettledError, until
from demo.play.watch import SQL, Watch
from demo.world.facts import SHOP
from demo.world.staff import STAFF, Agent, answer

ONLINE: dict[str, str] = {"presence": "online"}
_LOOK_AGAIN = 0.05
_AT_ONCE = 8
_QUIET_LOOKS = 2


class Desk:
    """Call it with the tick at which the desk opens. Whatever agents and customers do is told to the ledger.

    Each agent finds their tickets by a view of their own, as in the console.
    """

    def __init__(self, client: httpx.AsyncClient, support: str, watch: Watch, ledger: Ledger, seed: int) -> None:
        self._client = client
        self._url = f"{support}/v1"
        self._watch = watch
        self._ledger = ledger
        self._seed = seed
        self._views: dict[str, str] = {}

    async def open(self) -> None:
        """Who works here is made known, before the first request comes."""
        for agent in STAFF:
            definition = {
                "skills": list(agent.skills),
                "queues": list(agent.queues),
                "capacity": dict.fromkeys(("email", "web", "phone", "chat"), agent.most),
                "calendar": agent.calendar,
            }
            await self._send("put", f"agents/{agent.id}", definition)
            view = {"name": "Mine", "filters": {"mine": True}, "agent": agent.id}
            self._views[agent.id] = (await self._send("post", "views", view))["id"]

    async def __call__(self, tick: datetime) -> None:
        await self._until_idle(tick)
        for agent in STAFF:
            await self._send("put", f"agents/{agent.id}/presence", ONLINE)
        done: set[str] = set()
        while True:
            await self._until_idle(tick)
            given = [(agent, line) for agent in STAFF for line in await self._tickets(agent) if line["id"] not in done]
            if not given:
                return
            done.update(line["id"] for _, line in given)
            for some in _chunks(given, _AT_ONCE):
                await asyncio.gather(*(self._answer(agent, line, tick) for agent, line in some))

    async def _tickets(self, agent: Agent) -> list[dict[str, Any]]:
        view = f"{self._url}/views/{self._views[agent.id]}/tickets"
        answered = await self._client.get(view, params={"agent": agent.id, "limit": 200})
        found: list[dict[str, Any]] = answered.raise_for_status().json()["items"]
        return found

    async def _answer(self, agent: Agent, line: dict[str, Any], tick: datetime) -> None:
        whole = (await self._client.get(f"{self._url}/tickets/{line['id']}")).raise_for_status().json()
        number, ticket = self._of(whole["sale_id"])
        planned = answer(self._seed, whole["sale_id"])
        url, by = f"tickets/{line['id']}", {"agent": agent.id}
        await self._send("post", f"{url}/replies", {**by, "text": "Thank you for telling us. We have looked into it."})
        self._ledger.answer(number, ticket, agent.id, tick)
        if line["status"] == "new" and not planned.resolves:
            await self._send("post", f"{url}/status", {**by, "status": "pending", "waits_for": "customer"})
            self._ledger.move(number, ticket, "pending", tick)
            return
        await self._send("post", f"{url}/status", {**by, "status": "resolved"})
        self._ledger.move(number, ticket, "resolved", tick)
        if planned.rating is not None:
            link = await self._send("post", f"{url}/survey", None)
            (await self._client.post(link["url"], params={"value": planned.rating})).raise_for_status()
            self._ledger.rate(number, ticket, planned.rating, tick)

    def _of(self, sale_id: str) -> tuple[str, Ticket]:
        """Whose request about a sale it is: the demo knows of one at most."""
        number = self._ledger.sales[SHOP, sale_id].customer
        tickets = self._ledger.customers[number].tickets
        return number, next(each for each in tickets if each.about.split(" ")[0] == sale_id)

    async def _send(self, method: str, path: str, body: Any) -> dict[str, Any]:
        answered = await self._client.request(method, f"{self._url}/{path}", json=body)
        found: dict[str, Any] = answered.raise_for_status().json()
        return found

    async def _until_idle(self, tick: datetime) -> None:
        """Support has passed the tick, and everything that followed from what it was told."""
        quiet = 0

        async def is_idle() -> bool | None:
            nonlocal quiet
            standing = await self._watch.standing("support")
            (left,) = await self._watch.rows("support", SQL["load_trouble"], tick)
            idle = standing.passed is not None and standing.passed >= tick and not standing.lag
            quiet = quiet + 1 if idle and not left["outbox"] and not left["due_timers"] else 0
            return True if quiet >= _QUIET_LOOKS else None

        try:
            await until(is_idle, "support to come to rest", within=300, look_again=_LOOK_AGAIN)
        except NotSettledError as error:
            raise NotSettledError(f"{error}, when its desk opened at {tick}") from None


def _chunks(given: list[tuple[Agent, dict[str, Any]]], size: int) -> Iterable[list[tuple[Agent, dict[str, Any]]]]:
    return (given[at : at + size] for at in range(0, len(given), size))

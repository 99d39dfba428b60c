"""Of a costly route so many requests at once, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from shared.http.app import build_app
from shared.http.limits import SharedLooks, Turns
from shared.settings import AuthSettings, HttpSettings
from tests.unit.http.desk import ID, Desk, problem_of, router, settings_with


@asynccontextmanager
async def asking(desk: Desk, **http: float) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(desk, settings_with(AuthSettings(mode="off"), **http), [router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


@pytest.mark.slow
async def test_others_wait_for_their_turn_and_are_told_when_it_does_not_come(desk: Desk) -> None:
    async with asking(desk, costly_at_once=2, costly_wait_s=0.2) as http:
        asked = [asyncio.create_task(http.get("/v1/parties/counted/all")) for _ in range(6)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert (await http.get(f"/v1/parties/{ID}")).status_code == 200, "another route"
        while sum(each.done() for each in asked) < 4:
            await asyncio.wait([each for each in asked if not each.done()], return_when=asyncio.FIRST_COMPLETED)
        refused = [each for each in asked if each.done()]
        desk.counted.set()
        answers = [await each for each in asked]
    assert desk.most_counting == 2
    for each in refused:
        problem_of(each.result(), 503, "busy")
        assert each.result().headers["retry-after"] == "5"
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503, 503]


async def test_a_turn_is_given_back_however_a_request_ends(desk: Desk) -> None:
    desk.counted.set()
    async with asking(desk, costly_at_once=1, costly_wait_s=5) as http:
        for _ in range(3):
            problem_of(await http.get("/v1/parties/counted/unknown"), 404, "not_found")
        desk.counted.clear()
        gone = asyncio.create_task(http.get("/v1/parties/counted/all"))
        while not desk.counting:
            await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone})
        desk.counted.set()
        assert (await http.get("/v1/parties/counted/all")).json() == {"kind": "all"}


async def test_waiting_requests_get_their_turn_once_others_are_done(desk: Desk) -> None:
    async with asking(desk, costly_at_once=1, costly_wait_s=5) as http:
        asked = [asyncio.create_task(http.get("/v1/parties/counted/all")) for _ in range(5)]
        while not desk.counting:
            await asyncio.sleep(0)
        desk.counted.set()
        assert [(await each).status_code for each in asked] == [200] * 5
    assert desk.most_counting == 1


class Looking:
    """Looks that are as many as they were asked for at once, and end when they are told to."""

    def __init__(self) -> None:
        self.shared = SharedLooks(Turns(HttpSettings(port=1)))
        self.begun: list[asyncio.Future[int]] = []

    async def _look(self) -> int:
        self.begun.append(asyncio.get_running_loop().create_future())
        return await self.begun[-1]

    async def ask(self, what: str = "all", *, looks: int) -> "asyncio.Task[int]":
        """Returns once so many looks have begun."""
        task = asyncio.create_task(self.shared.share("route", what, self._look))
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            while len(self.begun) < looks:
                await asyncio.sleep(0)
        return task


async def test_whoever_asks_while_a_look_is_under_way_shares_the_next_one() -> None:
    looking = Looking()
    first = await looking.ask(looks=1)
    later = [await looking.ask(looks=1) for _ in range(3)]
    other = await looking.ask("other", looks=2)
    looking.begun[0].set_result(1)
    looking.begun[1].set_result(2)
    assert (await first, await other) == (1, 2)
    latest = await looking.ask(looks=3)
    looking.begun[2].set_result(3)
    assert [await each for each in later] == [3, 3, 3], "older than the question"
    async with asyncio.timeout(30):
        while len(looking.begun) < 4:
            await asyncio.sleep(0)
    looking.begun[3].set_result(4)
    assert await latest == 4


async def test_a_look_that_fails_or_that_its_first_asker_leaves_harms_nobody_else() -> None:
    looking = Looking()
    gone, stays = await looking.ask(looks=1), await looking.ask(looks=1)
    gone.cancel()
    looking.begun[0].set_exception(ValueError("broken"))
    async with asyncio.timeout(30):
        while len(looking.begun) < 2:
            await asyncio.sleep(0)
    looking.begun[1].set_exception(ValueError("broken too"))
    with pytest.raises(ValueError, match="broken too"):
        await stays
    again = await looking.ask(looks=3)
    looking.begun[2].set_result(3)
    assert await again == 3

"""Of a costly route so many requests at once, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from shared.http.app import build_app
from shared.settings import AuthSettings
from tests.unit.http.desk import ID, Desk, problem_of, router, settings_with


@asynccontextmanager
async def asking(desk: Desk, **http: float) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(desk, settings_with(AuthSettings(mode="off"), **http), [router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


async def test_others_wait_for_their_turn_and_are_told_when_it_does_not_come(desk: Desk) -> None:
    async with asking(desk, costly_at_once=2, costly_wait_s=0.2) as http:
        asked = [asyncio.create_task(http.get("/v1/parties/counted/all")) for _ in range(6)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert (await http.get(f"/v1/parties/{ID}")).status_code == 200, "another route"
        refused = [each for each in asked if await _answered(each)]
        desk.counted.set()
        answers = [await each for each in asked]
    assert desk.most_counting == 2
    assert len(refused) == 4
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


async def _answered(task: "asyncio.Task[httpx.Response]") -> bool:
    done, _ = await asyncio.wait({task}, timeout=0.5)
    return bool(done)

"""Writes that come at once, in one transaction of a real Postgres: each is answered as if it had come alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import asyncpg
import pytest

from shared.errors import Invalid
from shared.http import gathering as module
from shared.http.gathering import Apart, Gathering, Gatherings
from tests.integration.shared.conftest import Base


class Shelf:
    """A table of texts. `gate` holds transactions up before anything is written, and each of `gates` one of them."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.gate = asyncio.Event()
        self.gate.set()
        self.gates: list[asyncio.Event] = []
        self.tried: list[list[str]] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def put(self, tx: Any, texts: Sequence[str]) -> list[object]:
        self.tried.append(list(texts))
        await (self.gates.pop(0) if self.gates else self.gate).wait()
        answers: list[object] = []
        for text in texts:
            if text.startswith("refused"):
                answers.append(Invalid(text))
                continue
            await tx.execute("insert into shelf values ($1)", text)
            answers.append(text.upper())
        if apart := [place for place, text in enumerate(texts) if text.startswith("apart")]:
            raise Apart(apart)
        if any(text.startswith("away") for text in texts):
            raise asyncpg.ConnectionDoesNotExistError
        return answers

    async def texts(self) -> list[str]:
        return [row["text"] for row in await self.pool.fetch("select text from shelf order by text")]


@pytest.fixture
async def shelf(database: Base) -> AsyncIterator[Shelf]:
    async with asyncpg.create_pool(database.superuser, min_size=1, max_size=4) as pool:
        await pool.execute("create table shelf (text text check (text <> 'broken'))")
        yield Shelf(pool)


@pytest.fixture
def gathering(shelf: Shelf) -> Gathering:
    return Gatherings(shelf).of(shelf.put)  # type: ignore[arg-type]


async def _all(gathering: Gathering, *texts: str) -> list[Any]:
    return await asyncio.gather(*map(gathering.write, texts), return_exceptions=True)


async def _after(turns: int, gathering: Gathering, text: str) -> Any:
    """Written so many turns of the loop from now."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await gathering.write(text)


async def test_what_comes_at_once_is_one_transaction(gathering: Gathering, shelf: Shelf) -> None:
    assert await _all(gathering, "a", "b", "c") == ["A", "B", "C"]
    assert shelf.tried == [["a", "b", "c"]]
    assert await shelf.texts() == ["a", "b", "c"]


async def test_who_was_answered_with_others_is_joined_by_those_who_come_again(
    gathering: Gathering, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETURN", inf)
    monkeypatch.setattr(module, "_PATIENCE_S", 600)
    await _all(gathering, "a", "b", "c")
    again = [_after(turns, gathering, text) for turns, text in ((0, "d"), (10, "e"), (20, "f"))]
    assert await asyncio.gather(*again) == ["D", "E", "F"]
    assert shelf.tried == [["a", "b", "c"], ["d", "e", "f"]]


async def test_who_does_not_come_again_is_waited_for_a_moment_only(gathering: Gathering, shelf: Shelf) -> None:
    await _all(gathering, "a", "b", "c")
    assert await gathering.write("d") == "D"
    assert shelf.tried == [["a", "b", "c"], ["d"]]


async def test_who_was_answered_alone_waits_for_nobody(
    gathering: Gathering, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETURN", inf)
    monkeypatch.setattr(module, "_PATIENCE_S", 600)
    assert [await gathering.write(text) for text in "ab"] == ["A", "B"]
    assert shelf.tried == [["a"], ["b"]]


async def test_a_refusal_is_its_items_alone(gathering: Gathering, shelf: Shelf) -> None:
    answers = await _all(gathering, "a", "refused 1", "b", "refused 2")
    assert (answers[0], answers[2]) == ("A", "B")
    assert [str(answers[place]) for place in (1, 3)] == ["refused 1", "refused 2"]
    assert await shelf.texts() == ["a", "b"]


async def test_what_cannot_be_with_others_leaves_nothing_and_holds_nobody_back(
    gathering: Gathering, shelf: Shelf
) -> None:
    assert await _all(gathering, "a", "apart", "b", "apart too") == ["A", None, "B", None]
    assert await shelf.texts() == ["a", "b"]


async def test_what_the_database_refuses_of_one_leaves_each_to_itself(gathering: Gathering, shelf: Shelf) -> None:
    assert await _all(gathering, "a", "broken", "b") == [None, None, None]
    assert await shelf.texts() == []
    assert await _all(gathering, "c") == ["C"]


async def test_a_connection_that_ends_is_told_to_all_and_nothing_is_tried_again(
    gathering: Gathering, shelf: Shelf
) -> None:
    answers = await _all(gathering, "a", "away")
    assert [type(each) for each in answers] == [asyncpg.ConnectionDoesNotExistError] * 2
    assert shelf.tried == [["a", "away"]]
    assert await shelf.texts() == []
    assert await gathering.write("b") == "B"


async def test_a_lock_that_some_wait_for_holds_up_nobody_who_comes_later(gathering: Gathering, shelf: Shelf) -> None:
    shelf.gate.clear()
    held = asyncio.ensure_future(gathering.write("held"))
    while not shelf.tried:
        await asyncio.sleep(0)
    later = [asyncio.ensure_future(gathering.write(text)) for text in ("a", "b")]
    while len(shelf.tried) < 2:  # a moment later, beside the first, which still waits
        await asyncio.sleep(0.001)
    assert shelf.tried == [["held"], ["a", "b"]]
    shelf.gate.set()
    assert await asyncio.gather(held, *later) == ["HELD", "A", "B"]


async def test_whoever_waits_is_held_up_no_longer_however_often_others_end_meanwhile(
    gathering: Gathering, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a lock lets one after the other through."""
    monkeypatch.setattr(module, "_PATIENCE_S", 600)
    loop = asyncio.get_running_loop()
    clock, later = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: clock() + later)
    shelf.gate.clear()
    gates = [asyncio.Event() for _ in range(3)]
    shelf.gates = [*gates]
    held = []
    for count, name in enumerate("abc", 1):
        held.append(asyncio.ensure_future(_all(gathering, f"{name}1", f"{name}2")))
        while count > 1 and len(gathering._waiting) < 2:
            await asyncio.sleep(0)
        later += 700 if count > 1 else 0
        while len(shelf.tried) < count:
            await asyncio.sleep(0)
    last = asyncio.ensure_future(gathering.write("last"))
    await asyncio.sleep(0)
    for gate, ended in zip(gates[:2], held, strict=False):
        later += 500
        gate.set()
        await ended
    later += 250
    for _ in range(10):
        await asyncio.sleep(0)
    left = len(gathering._waiting)
    later += 1_000
    gates[2].set()
    shelf.gate.set()
    assert await last == "LAST"
    await held[2]
    assert left == 0, "it began beside the one that was still under way"


async def test_whom_nobody_waits_for_any_more_is_left_out(gathering: Gathering, shelf: Shelf) -> None:
    gone, kept = (asyncio.ensure_future(gathering.write(text)) for text in ("gone", "kept"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await kept == "KEPT"
    assert gone.cancelled()
    assert await shelf.texts() == ["kept"]


async def test_more_than_a_transaction_holds_are_several(gathering: Gathering, shelf: Shelf) -> None:
    texts = [f"{number:03}" for number in range(250)]
    assert await _all(gathering, *texts) == texts
    assert sorted(map(len, shelf.tried)) == [50, 100, 100]
    assert await shelf.texts() == texts

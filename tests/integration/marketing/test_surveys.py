"""A survey from the letter over its link to the results, on the real database and a real maildir."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    HOUR,
    NOW,
    answered,
    consent,
    definition,
    described,
    erased,
    flow,
    sale,
    send,
)

TEXTS = {"": {"subject": "How was it?", "body": "Hello,\n{{ survey_url }}\n"}}
ASKS = flow("ask", "sale.completed", {"wait": "P7D", "survey": "csat", "content": [{"template": "a", "texts": TEXTS}]})


@pytest.fixture
async def path(marketing: Marketing, tmp_path: Path) -> str:
    """The path of the link in the letter that asks Ada about her sale."""
    await marketing.publish(definition(), ASKS)
    await marketing.heard(described(), consent(), sale("s-1", skus=("A-1", "B-1")))
    await marketing.pass_time(NOW + 8 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in (tmp_path / "new").iterdir()]
    (asking,) = [letter for letter in letters if letter["Subject"] == "How was it?"]
    found = re.search(r"https://shop\.example(/v1/surveys/answers/[\w.-]+)", asking.get_content())
    assert found
    return found[1]


async def told(marketing: Marketing, *kinds: str) -> list[dict[str, Any]]:
    return [data for kind, data in await marketing.published() if kind in kinds]


async def test_only_the_first_post_of_a_link_answers(marketing: Marketing, http: httpx.AsyncClient, path: str) -> None:
    (asked,) = await told(marketing, "survey.sent")
    assert (asked["party_id"], asked["survey"], asked["sale_id"]) == (str(ADA), "csat", "s-1")
    for _ in range(2):
        shown = await http.get(path)
        assert re.findall(r"<(form|button|a|img|script|link)", shown.text) == ["form", *["button"] * 5]
        assert await told(marketing, "survey.answered", "interaction.recorded") == []

    assert (await http.post(path)).status_code == 422
    assert (await http.post(path, params={"value": 6})).status_code == 422
    thanks = [(await http.post(path, params={"value": value})).text for value in (1, 5)]
    assert ["already" in text for text in thanks] == [False, True]
    rows = await marketing.rows("select topic, source, key, type from outbox where source is not null order by id")
    assert rows == [
        {"topic": "crm.ingest", "source": "/marketing/surveys", "key": str(ADA), "type": f"crm.{kind}.v1"}
        for kind in ("survey.answered", "interaction.recorded")
    ]
    answer, contact = await told(marketing, "survey.answered", "interaction.recorded")
    assert (answer["value"], answer["about"]["sale_id"]) == (1, "s-1")
    assert (contact["summary"], contact["direction"]) == ("csat: 1 of 5", "inbound")
    assert {data["party"]["identities"][0]["value"] for data in (answer, contact)} == {str(ADA)}


async def test_who_answered_elsewhere_or_was_erased_answers_no_more(
    marketing: Marketing, http: httpx.AsyncClient, path: str
) -> None:
    await marketing.heard(answered(4, origin="/shop"))
    assert "already" in (await http.post(path, params={"value": 1})).text
    await marketing.heard(erased())
    assert (await http.post(path, params={"value": 1})).status_code == 404
    assert await told(marketing, "survey.answered") == []


async def test_the_page_is_in_the_readers_language(marketing: Marketing, http: httpx.AsyncClient, path: str) -> None:
    assert "How satisfied are you" in (await http.get(path)).text
    await marketing.heard(described(version=2, locale="da-DK"))
    shown, thanked = (await http.get(path)).text, (await http.post(path, params={"value": 5})).text
    assert "Hvor tilfreds er du" in shown
    assert "Tak for dit svar." in thanked
    assert 'lang="da"' in shown
    assert 'lang="da"' in thanked


async def test_results_are_sums_by_product_channel_and_period(marketing: Marketing, http: httpx.AsyncClient) -> None:
    """Answers by link and from outside count alike, before and after their sale; the first of a sale counts."""
    await marketing.publish(definition())
    first = answered(5, at=NOW + DAY)
    await marketing.heard(
        first, answered(1, at=NOW + 2 * DAY), answered(1, BOB, sale_id="late", origin="/other", at=NOW + 40 * DAY)
    )
    await marketing.heard(answered(9, BOB, survey="nps", sale_id=None), answered(2, BOB, sale_id="gone"))
    await marketing.heard(sale("s-1", skus=("A-1", "B-1")), first)
    await marketing.pass_time(NOW + 40 * DAY)
    await marketing.heard(sale("late", BOB, skus=("B-1",), at=NOW + 39 * DAY))
    await marketing.pass_time(NOW + 42 * DAY)

    async def results(**asked: Any) -> list[tuple[str, str, int, float]]:
        items = (await http.get("/v1/surveys", params=asked)).json()["items"]
        return [(each["survey"], each["part"], each["answers"], each["score"]) for each in items]

    assert await results() == [("csat", "", 3, 33.3), ("nps", "", 1, 100.0)]
    assert await results(by="product", survey="csat") == [("csat", "A-1", 1, 100.0), ("csat", "B-1", 2, 50.0)]
    assert await results(by="channel", survey="csat") == [("csat", "", 1, 0.0), ("csat", "web", 2, 50.0)]
    assert await results(by="month", survey="csat") == [("csat", "2026-03", 2, 50.0), ("csat", "2026-04", 1, 0.0)]
    assert await results(survey="csat", sku="B-1", channel="web") == [("csat", "", 2, 50.0)]
    day = (NOW + DAY).date().isoformat()
    assert await results(by="day", **{"from": day, "to": (NOW + 2 * DAY).date().isoformat()}) == [
        ("csat", day, 1, 100.0)
    ]
    assert (await http.get("/v1/surveys", params={"by": "week"})).status_code == 422
    page = (await http.get("/v1/surveys", params={"limit": 1})).json()
    rest = (await http.get("/v1/surveys", params={"cursor": page["next_cursor"]})).json()
    assert [each["survey"] for each in page["items"] + rest["items"]] == ["csat", "nps"]


async def test_a_low_answer_starts_a_campaign(marketing: Marketing) -> None:
    low = {"event": "survey.answered", "where": {"survey": "csat", "value": {"at_most": 2}}}
    await marketing.publish(definition(), flow("sorry", low, send("PT1H"), purpose="service"))
    await marketing.heard(described(), answered(3), answered(2, sale_id="s-2", at=NOW + HOUR))
    (started,) = await told(marketing, "enrolment.started")
    assert started["campaign"] == "sorry"

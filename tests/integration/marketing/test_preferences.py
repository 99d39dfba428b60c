"""The page of a letter where its reader chooses what they get: shown, obeyed, told."""

import re
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from shared.events.values import Channel
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, consent, definition, described, erased, sale, send

TEXTS = {"": {"subject": "Hello", "body": "Hello,\n{{ preferences_url }}\n"}}


@pytest.fixture
async def path(marketing: Marketing, tmp_path: Path) -> str:
    """The path of the page that Ada's letter leads to."""
    step = {"wait": "PT1H", "content": [{"template": "hello", "texts": TEXTS}]}
    await marketing.publish(definition(steps=[step]), definition("roses", topic="roses", follow_up=False))
    await marketing.heard(described(locale="da-DK"), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in (tmp_path / "new").iterdir()]
    texts = [letter.get_content() for letter in letters if letter["Subject"] == "Hello"]
    found = re.search(r"https://shop\.example(/v1/preferences/[\w.-]+)", texts[0])
    assert found
    return found[1]


def boxes(page: str) -> dict[str, tuple[str, bool]]:
    """Of each box on the page its name, its value, and whether it is ticked."""
    found = re.findall(r'name="chosen" value="(\w+)"( checked)?>([^<]*)<', page)
    return {label: (mark, bool(checked)) for mark, checked, label in found}


async def told(marketing: Marketing) -> list[tuple[str, Any, str]]:
    kinds = ("consent.given", "consent.withdrawn")
    rows = [(kind, data["topic"], data["channel"]) for kind, data in await marketing.published() if kind in kinds]
    return sorted(rows, key=str)


async def test_looking_changes_nothing_and_choosing_is_told_once(
    marketing: Marketing, http: httpx.AsyncClient, path: str
) -> None:
    for method in ("HEAD", "GET"):
        assert (await http.request(method, path)).status_code == 200
    shown = await http.get(path)
    assert 'lang="da"' in shown.text
    stands = boxes(shown.text)
    assert {label: on for label, (_, on) in stands.items()} == {"roses": True, "Alle andre nyheder og tilbud": True}
    assert await told(marketing) == []

    marks = [mark for mark, _ in stands.values()]
    only_roses = {"shown": marks, "chosen": [stands["roses"][0]], "act": "save"}
    for _ in range(2):
        saved = await http.post(path, data=only_roses)
        assert (saved.status_code, "Dine valg er gemt." in saved.text) == (200, True)
        assert [on for _, on in boxes(saved.text).values()] == [True, False]
        assert await told(marketing) == [("consent.given", "roses", "email"), ("consent.withdrawn", None, "email")]
    sources = await marketing.rows("select distinct topic, source, key from outbox where source is not null")
    assert sources == [{"topic": "crm.ingest", "source": "/marketing/preferences", "key": str(ADA)}]
    assert [on for _, on in boxes((await http.get(path)).text).values()] == [True, False]

    changed_mind = {**only_roses, "chosen": []}
    assert [on for _, on in boxes((await http.post(path, data=changed_mind)).text).values()] == [False, False]
    assert ("consent.withdrawn", "roses", "email") in await told(marketing)


async def test_what_was_withdrawn_is_obeyed_at_once_and_what_was_given_once_contacts_tells_it(
    marketing: Marketing, http: httpx.AsyncClient, path: str
) -> None:
    stands = boxes((await http.get(path)).text)
    only_roses = {"shown": [mark for mark, _ in stands.values()], "chosen": [stands["roses"][0]]}
    assert (await http.post(path, data=only_roses)).status_code == 200
    given = next(data for kind, data in await marketing.published() if kind == "consent.given")
    assert given["text_version"].startswith("preferences-")
    (row,) = await marketing.rows("select time from outbox where type = 'crm.consent.given.v1'")
    at = datetime.fromisoformat(row["time"])
    await marketing.heard(consent(topic="roses", at=at), sale("s-2", at=NOW + DAY))
    await marketing.pass_time(NOW + 3 * DAY)
    decided = await marketing.rows(
        "select campaign, reason from message join sale using (trigger_event_id) where sale_id = 's-2'"
        " order by campaign"
    )
    assert decided == [{"campaign": "roses", "reason": None}, {"campaign": "thanks", "reason": "suppressed"}]


async def test_a_box_left_empty_where_nothing_stood_is_not_filled_by_a_consent_of_before(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    step = {"wait": "PT1H", "content": [{"template": "hello", "texts": TEXTS}]}
    await marketing.publish(definition(), definition("roses", steps=[step], topic="roses", follow_up=False))
    await marketing.heard(described(), consent(topic="roses"), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1
    (letter,) = (tmp_path / "new").iterdir()
    text = message_from_bytes(letter.read_bytes(), policy=default).get_content()
    page = text[text.index("/v1/preferences/") :].split()[0]
    stands = boxes((await http.get(page)).text)
    assert {label: on for label, (_, on) in stands.items()} == {"roses": True, "All other news and offers": False}
    for _ in range(2):
        form = {"shown": [mark for mark, _ in stands.values()], "chosen": [stands["roses"][0]]}
        assert {on for _, on in boxes((await http.post(page, data=form)).text).values()} == {True, False}
        assert await told(marketing) == [("consent.given", "roses", "email"), ("consent.withdrawn", None, "email")]
    (row,) = await marketing.rows("select time from outbox where type = 'crm.consent.given.v1'")
    at = datetime.fromisoformat(row["time"])
    await marketing.heard(consent(topic="roses", at=at), consent(at=at - HOUR), sale("s-2", at=NOW + DAY))
    await marketing.pass_time(NOW + 3 * DAY)
    decided = await marketing.rows(
        "select campaign, reason from message join sale using (trigger_event_id) where sale_id = 's-2'"
        " order by campaign"
    )
    assert decided == [{"campaign": "roses", "reason": None}, {"campaign": "thanks", "reason": "suppressed"}]


async def test_the_topic_of_the_letter_is_offered_though_its_campaign_is_over(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    step = {"wait": "PT1H", "content": [{"template": "hello", "texts": TEXTS}]}
    await marketing.publish(definition(steps=[step], topic="tulips"))
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1
    await marketing.publish(definition("other"))
    (letter,) = (tmp_path / "new").iterdir()
    text = message_from_bytes(letter.read_bytes(), policy=default).get_content()
    page = await http.get(text[text.index("/v1/preferences/") :].split()[0])
    assert boxes(page.text).keys() == {"tulips", "All other news and offers"}


async def test_nothing_more_ends_everything(marketing: Marketing, http: httpx.AsyncClient, path: str) -> None:
    for _ in range(2):
        ended = await http.post(path, data={"act": "nothing"})
        assert "Vi sender dig ikke mere." in ended.text
        assert not any(on for _, on in boxes(ended.text).values())
        marketing.now += HOUR
    assert await told(marketing) == sorted(("consent.withdrawn", None, channel) for channel in get_args(Channel))
    said_at = await marketing.rows("select distinct suppressed_at from suppression")
    assert said_at == [{"suppressed_at": marketing.now - HOUR}]


@pytest.mark.parametrize(
    "body",
    ["", "shown=x&chosen=y", "act=nothin", "List-Unsubscribe=One-Click"],
)
async def test_a_form_that_says_nothing_changes_nothing(
    marketing: Marketing, http: httpx.AsyncClient, path: str, body: str
) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await http.post(path, content=body, headers=kind)).status_code == 200
    assert await told(marketing) == []


async def test_what_no_page_sends_and_nobody_is_left_for_is_refused(
    marketing: Marketing, http: httpx.AsyncClient, path: str
) -> None:
    for odd in (b"\xff\xfe", b"a=1&" * 1_001):
        assert (await http.post(path, content=odd)).status_code == 422
    assert (await http.get(path[:-1])).status_code == 404
    await marketing.heard(erased())
    for method in ("GET", "POST"):
        assert (await http.request(method, path)).status_code == 404
    marketing.now = NOW + 400 * DAY
    assert (await http.get(path)).status_code == 410
    assert await told(marketing) == []


async def test_letters_that_need_no_consent_have_no_such_page(marketing: Marketing, tmp_path: Path) -> None:
    await marketing.publish(definition("bill", steps=[send("PT1H")], purpose="service"))
    await marketing.heard(described(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1
    (letter,) = (tmp_path / "new").iterdir()
    assert b"/v1/preferences/" not in letter.read_bytes()

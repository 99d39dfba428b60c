"""Messages by a provider of SMS and social media: real calls, answers of every kind, and senders killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.webhook import Webhook
from shared.events.parties import KnownIdentity
from shared.ids import derived_id
from tests.integration.marketing.provider import Provider, provider_at
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, BOB, DAY, NOW, consent, definition, described, email, erased, sale, send

PHONE = KnownIdentity(id=derived_id("phone"), type="phone", value="+4526123456")
CHAT = KnownIdentity(id=derived_id("chat"), type="external", value="ada.holm", system="chat")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as running:
        yield running


@pytest.fixture
async def cleared(marketing: Marketing) -> Marketing:
    """A text message to Ada's phone, which waits for a sender."""
    await marketing.publish(definition(steps=[send("PT1H", channel="sms")]))
    await marketing.heard(described(identities=[email("ada@example.com"), PHONE, CHAT]))
    await marketing.heard(consent(channel="sms"), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    return marketing


async def attempt(marketing: Marketing, url: str, channel: str = "sms", timeout_s: float = 5.0) -> int:
    """How many messages a sender has taken and settled."""
    webhook = Webhook(channel, provider_at(url, timeout_s))
    try:
        async with marketing.sender(webhook) as sender:
            return await sender.send_batch()
    finally:
        await webhook.close()


async def outcomes(marketing: Marketing) -> list[tuple[str | None, str | None]]:
    rows = await marketing.rows("select outcome, reason from message order by due_at")
    return [(row["outcome"], row["reason"]) for row in rows]


async def deliveries(marketing: Marketing, http: httpx.AsyncClient) -> list[tuple[int, str, str]]:
    (row,) = await marketing.rows("select id from message")
    items = (await http.get(f"/v1/messages/{row['id']}/deliveries")).json()["deliveries"]
    return [(each["number"], each["outcome"], each["reason"]) for each in items]


async def test_a_text_message_is_asked_for_with_a_signature_and_stands_in_the_ledger(
    cleared: Marketing, http: httpx.AsyncClient, provider: Provider, tmp_path: Path
) -> None:
    async with cleared.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 0
    assert await attempt(cleared, provider.url, "social") == 0
    assert await attempt(cleared, provider.url) == 1
    ((id_, asked),) = provider.calls
    (row,) = await cleared.rows("select id, outcome, consent_event_id is not null as allowed from message")
    assert (id_, row["outcome"], row["allowed"]) == (str(row["id"]), "sent", True)
    assert asked["type"] == "message.send"
    data = asked["data"]
    assert (data["message_id"], data["channel"], data["to"]) == (id_, "sms", "+4526123456")
    assert (data["text"], data["campaign"]) == ("Hello Ada Holm,\nthank you.", "thanks")
    assert data["unsubscribe_url"].startswith("https://shop.example/v1/unsubscribe/")
    assert await deliveries(cleared, http) == [(1, "accepted", "http_202")]


async def test_who_consents_to_mail_alone_or_has_no_phone_gets_no_text_message(marketing: Marketing) -> None:
    await marketing.publish(definition(steps=[send("PT1H", channel="sms")]))
    await marketing.heard(described(identities=[email("ada@example.com"), PHONE]), consent(), sale("s-1"))
    await marketing.heard(described(BOB, email="bob@example.com"), consent(BOB, channel="sms"), sale("s-2", BOB))
    for days in range(1, 4):
        await marketing.pass_time(NOW + days * DAY)
    rows = await marketing.rows("select party_id, outcome, reason from message")
    assert {row["party_id"]: (row["outcome"], row["reason"]) for row in rows} == {
        ADA: ("skipped", "no_consent"),
        BOB: ("skipped", "no_address"),
    }
    assert await marketing.rows("select from dispatch") == []


async def test_on_social_media_a_party_is_named_by_its_id_there(marketing: Marketing, provider: Provider) -> None:
    await marketing.publish(definition(steps=[send("PT1H", channel="social")]))
    await marketing.heard(described(identities=[PHONE, CHAT]), consent(channel="social"), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    assert await attempt(marketing, provider.url, "social") == 1
    assert provider.calls[0][1]["data"]["to"] == "ada.holm"


@pytest.mark.parametrize(
    ("answer", "outcome", "reason", "least_s", "most_s"),
    [
        (400, "refused", "http_400", 0, 0),
        (410, "refused", "http_410", 0, 0),
        ((429, {"Retry-After": "7200"}), "later", "http_429", 7_100, 7_201),
        ((503, {"Retry-After": "999999999"}), "later", "http_503", 14_300, 14_401),
        ((503, {"Retry-After": "soon"}), "later", "http_503", 20, 31),
        ((302, {"Location": "/elsewhere"}), "later", "http_302", 20, 31),
        (500, "later", "http_500", 20, 31),
        (502, "unsure", "http_502", 20, 31),
        ("hang", "unsure", "TimeoutError", 20, 31),
        ("abort", "unsure", "RemoteProtocolError", 20, 31),
        ("away", "later", "ConnectError", 20, 31),
    ],
)
async def test_what_an_answer_leads_to(
    cleared: Marketing,
    http: httpx.AsyncClient,
    provider: Provider,
    answer: Any,
    outcome: str,
    reason: str,
    least_s: int,
    most_s: int,
) -> None:
    provider.answers = [answer]
    url = provider.url if answer != "away" else "http://127.0.0.1:9/send"
    assert await attempt(cleared, url, timeout_s=0.5 if answer == "hang" else 5.0) == 1
    assert provider.elsewhere == 0
    assert await deliveries(cleared, http) == [(1, outcome, reason)]
    waiting = await cleared.rows(
        "select extract(epoch from next_at - now())::float as wait, unsure from dispatch where owner is null"
    )
    if outcome == "refused":
        assert waiting == []
        assert await outcomes(cleared) == [("skipped", "refused")]
        return
    assert least_s <= waiting[0]["wait"] <= most_s
    assert waiting[0]["unsure"] == (outcome == "unsure")
    await cleared.wait_no_longer()
    assert await attempt(cleared, provider.url) == 1
    assert await outcomes(cleared) == [("sent", None)]
    assert len({id_ for id_, _ in provider.calls}) == 1


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([500] * 12, ("skipped", "refused")),
        ([502] + [500] * 11, ("unknown", None)),
        (["abort", 409], ("unknown", None)),
    ],
)
async def test_what_was_never_accepted_ends_as_refused_unless_nobody_can_tell(
    cleared: Marketing, provider: Provider, answers: list[Any], outcome: tuple[str, str | None]
) -> None:
    provider.answers = list(answers)
    webhook = Webhook("sms", provider_at(provider.url))
    async with cleared.sender(webhook) as sender:
        for _ in answers:
            assert await outcomes(cleared) == [(None, None)]
            await cleared.wait_no_longer()
            assert await sender.send_batch() == 1
    await webhook.close()
    assert await outcomes(cleared) == [outcome]
    assert len(provider.calls) == len(answers)


@pytest.mark.parametrize("point", ["marketing.before_send", "marketing.after_send"])
async def test_a_killed_sender_leads_to_no_call_under_another_id(
    cleared: Marketing, http: httpx.AsyncClient, provider: Provider, point: str
) -> None:
    command = [sys.executable, "-m", "tests.integration.marketing.crash", cleared.dsn, provider.url]
    environment = {**os.environ, "RAPPORT_FAULT": f"{point}:kill@1"}
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    assert await process.wait() == -signal.SIGKILL
    webhook = Webhook("sms", provider_at(provider.url))
    async with cleared.sender(webhook) as sender:
        await sender.reconcile()
        await cleared.wait_no_longer()
        assert await sender.send_batch() == 1
    await webhook.close()
    (row,) = await cleared.rows("select id, outcome from message")
    assert row["outcome"] == "sent"
    assert {id_ for id_, _ in provider.calls} == {str(row["id"])}
    assert len({str(asked) for _, asked in provider.calls}) == 1
    assert await deliveries(cleared, http) == [(1, "unsure", "unsure"), (2, "accepted", "http_202")]


async def test_who_is_erased_while_a_provider_is_away_is_not_told_of_any_more(
    cleared: Marketing, provider: Provider
) -> None:
    assert await attempt(cleared, "http://127.0.0.1:9/send") == 1
    await cleared.heard(erased())
    await cleared.wait_no_longer()
    assert await attempt(cleared, provider.url) == 1
    assert provider.calls == []
    assert await outcomes(cleared) == [("skipped", "erased")]

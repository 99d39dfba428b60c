"""The question how satisfied a customer is: by e-mail, once a ticket, and never to who refused."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.support.handlers.recovery import take_back_tickets
from services.support.letters import commands as letters
from services.support.main import routers
from services.support.settings import Settings, SupportSettings
from shared.events.contacts import ConsentGiven, ConsentWithdrawn
from shared.events.contract import find_contract
from shared.ids import derived_id, new_id
from shared.mail.smtp import Answer, SmtpClient
from tests.events import decoded, type_of
from tests.integration.marketing.mail_server import MailServer
from tests.integration.running import NOW, client
from tests.integration.support.running import Support, opened
from tests.unit.support.builders import described, erased, party_id, requested

TICKET = derived_id("ticket", "a")
PATH = f"/v1/tickets/{TICKET}"
MAILED = SupportSettings.model_validate(
    {
        "public_url": "https://help.example",
        "survey_secret": SecretStr("s" * 32),
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_address": "help@rapport.example",
    }
)


@pytest.fixture
async def desk(dsn: str) -> AsyncIterator[Support]:
    async with opened(dsn, MAILED) as desk:
        yield desk


@pytest.fixture
async def http(desk: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(desk, Settings, dsn, *routers) as http:
        yield http


def said(kind: type[ConsentGiven | ConsentWithdrawn], purpose: str = "survey", *, day: int = 0, party: int = 1) -> Any:
    at = NOW - timedelta(days=9 - day)
    data = kind(
        party_id=party_id(party), party_version=1, purpose=purpose, channel="email", recorded_at=at, origin="/shop"
    )
    return decoded("crm.contacts", type_of("crm.contacts", data), data, key=str(data.party_id), at=at, now=NOW)


async def told(desk: Support, name: str) -> list[dict[str, Any]]:
    return [data for kind, data in await desk.published() if kind == name]


async def again(desk: Support, name: str) -> list[Any]:
    """What the topic tells of this type, as it is read from there."""
    contract = find_contract("crm.tickets", f"crm.{name}.v1")
    assert contract is not None
    return [
        decoded(
            "crm.tickets", contract.type, contract.adapter.validate_python(each), key=each["party_id"],
            at=desk.now, now=desk.now, id_=f"{name} {number}",
        )
        for number, each in enumerate(await told(desk, name))
    ]  # fmt: skip


async def resolved(desk: Support, http: httpx.AsyncClient) -> None:
    await desk.heard(described(email="ada@example.com"), requested(event_id="a"))
    await http.post(f"{PATH}/status", json={"status": "resolved", "agent": "staff-1"})


async def send(desk: Support) -> list[str]:
    server = MailServer()
    with server.running():
        smtp = SmtpClient(server.url, 5)
        await desk.sender(smtp, MAILED).send_batch()
        await smtp.quit()
    return [letter.get_content() for letter in server.taken]


async def test_who_was_helped_is_asked_once_however_often_the_ticket_is_resolved(
    desk: Support, http: httpx.AsyncClient
) -> None:
    await resolved(desk, http)
    await desk.rated(*await again(desk, "ticket.resolved"))
    (text,) = await send(desk)
    assert "Hvor tilfreds" in text
    await http.post(f"{PATH}/status", json={"status": "reopened", "agent": "staff-1"})
    await http.post(f"{PATH}/status", json={"status": "resolved", "agent": "staff-1"})
    await desk.rated(*await again(desk, "ticket.resolved"))
    assert await send(desk) == []
    assert len(await told(desk, "csat.asked")) == 1
    assert [each["outcome"] for each in await told(desk, "ticket.reply_settled")] == ["sent"]
    link = re.search(r"https://help\.example(\S+)", text)
    assert link is not None
    await http.post(link[1], params={"value": 4})
    assert [each["value"] for each in await told(desk, "csat.recorded")] == [4]


@pytest.mark.parametrize(
    ("statements", "asked"),
    [
        ([], 1),
        ([said(ConsentWithdrawn)], 0),
        ([said(ConsentWithdrawn, "marketing")], 0),
        ([said(ConsentWithdrawn, "partners")], 1),
        ([said(ConsentGiven, day=2), said(ConsentWithdrawn, day=1)], 1),
        ([said(ConsentWithdrawn, day=1), said(ConsentGiven, day=1)], 0),
        ([said(ConsentWithdrawn, party=2)], 0),
        ([said(ConsentWithdrawn, party=3)], 1),
    ],
)
async def test_nobody_is_asked_who_refused(
    desk: Support, http: httpx.AsyncClient, statements: list[Any], asked: int
) -> None:
    await desk.heard(described(2, version=2, merged_into=1))
    await resolved(desk, http)
    await desk.rated(*statements, *await again(desk, "ticket.resolved"))
    assert len(await send(desk)) == asked


async def test_a_question_that_has_not_left_is_called_off(desk: Support, http: httpx.AsyncClient) -> None:
    await resolved(desk, http)
    await desk.rated(*await again(desk, "ticket.resolved"))
    await desk.rated(said(ConsentWithdrawn))
    assert await send(desk) == []
    assert [each["outcome"] for each in await told(desk, "ticket.reply_settled")] == ["called_off"]


async def test_what_a_sender_has_in_its_hands_is_settled_by_what_comes_of_it(
    desk: Support, http: httpx.AsyncClient
) -> None:
    await resolved(desk, http)
    await desk.rated(*await again(desk, "ticket.resolved"))
    owner = new_id()
    async with desk.transaction() as tx:
        begun = await letters.begin(tx, owner, 10)
    await desk.rated(said(ConsentWithdrawn))
    assert await told(desk, "ticket.reply_settled") == []
    async with desk.transaction() as tx:
        await letters.settle(tx, owner, begun, {each.reply_id: Answer("accepted") for each in begun})
    assert [each["outcome"] for each in await told(desk, "ticket.reply_settled")] == ["sent"]


async def test_refusing_by_the_link_is_told_to_contacts_once(desk: Support, http: httpx.AsyncClient) -> None:
    await resolved(desk, http)
    link = (await http.post(f"{PATH}/survey")).json()["url"].removeprefix("https://help.example")
    (button,) = re.findall(r'formaction="(\?refuse[^"]+)"', (await http.get(link)).text)
    for _ in range(2):
        assert (await http.post(f"{link}{button}")).status_code == 200
    (row,) = await desk.rows("select type, key, source from outbox where topic = 'crm.ingest'")
    assert row == {"type": "crm.consent.withdrawn.v1", "key": str(party_id(1)), "source": "/support/surveys"}
    await desk.rated(*await again(desk, "ticket.resolved"))
    assert await send(desk) == []
    await desk.heard(erased())
    assert (await http.post(f"{link}{button}")).status_code == 404


async def test_refusing_by_the_link_holds_back_what_has_not_left(desk: Support, http: httpx.AsyncClient) -> None:
    await resolved(desk, http)
    await desk.rated(*await again(desk, "ticket.resolved"))
    link = (await http.post(f"{PATH}/survey")).json()["url"].removeprefix("https://help.example")
    assert (await http.post(link, params={"refuse": True})).status_code == 200
    assert await send(desk) == []
    assert [each["outcome"] for each in await told(desk, "ticket.reply_settled")] == ["called_off"]


@pytest.mark.parametrize("day", [8, 10])
async def test_who_allowed_it_again_can_refuse_again_by_the_same_link(
    desk: Support, http: httpx.AsyncClient, day: int
) -> None:
    """Also where they allowed it by a clock that is ahead of ours."""
    await resolved(desk, http)
    link = (await http.post(f"{PATH}/survey")).json()["url"].removeprefix("https://help.example")
    desk.now -= timedelta(days=2)
    for _ in range(2):
        assert (await http.post(link, params={"refuse": True})).status_code == 200
    desk.now += timedelta(days=2)
    await desk.rated(said(ConsentGiven, day=day))
    for _ in range(2):
        assert (await http.post(link, params={"refuse": True})).status_code == 200
    assert len(await desk.rows("select from outbox where topic = 'crm.ingest'")) == 2
    await desk.rated(*await again(desk, "ticket.resolved"))
    assert await send(desk) == []


@pytest.mark.parametrize("kind", ["reopened", "long ago", "erased", "answered", "no address"])
async def test_a_question_that_makes_no_sense_any_more_is_not_asked(
    desk: Support, http: httpx.AsyncClient, kind: str
) -> None:
    await resolved(desk, http)
    events = await again(desk, "ticket.resolved")
    match kind:
        case "reopened":
            await http.post(f"{PATH}/status", json={"status": "reopened", "agent": "staff-1"})
        case "long ago":
            events[0].now += timedelta(days=8)
        case "erased":
            await desk.heard(erased())
        case "answered":
            link = (await http.post(f"{PATH}/survey")).json()["url"].removeprefix("https://help.example")
            await http.post(link, params={"value": 4})
        case "no address":
            await desk.heard(described(version=2))
    await desk.rated(*events)
    assert await told(desk, "csat.asked") == []
    assert await send(desk) == []


async def test_who_was_asked_before_a_restore_is_not_asked_again(desk: Support, http: httpx.AsyncClient) -> None:
    await resolved(desk, http)
    await desk.rated(*await again(desk, "ticket.resolved"))
    asked = await again(desk, "csat.asked")
    await desk.pool.execute("delete from csat_question; delete from letter")
    async with desk.transaction() as tx:
        await take_back_tickets([*asked, *asked], tx)
    await desk.rated(*await again(desk, "ticket.resolved"))
    assert await send(desk) == []


@pytest.mark.parametrize("answers", [False, True], ids=["asked", "answered"])
async def test_of_a_ticket_that_took_in_one_that_was_asked_about_nobody_is_asked_again(
    desk: Support, http: httpx.AsyncClient, *, answers: bool
) -> None:
    await resolved(desk, http)
    if answers:
        link = (await http.post(f"{PATH}/survey")).json()["url"].removeprefix("https://help.example")
        await http.post(link, params={"value": 4})
    else:
        await desk.rated(*await again(desk, "ticket.resolved"))
    asked = len(await told(desk, "csat.asked"))
    for name, into in (("b", "b"), ("c", "b")):
        await desk.heard(requested(event_id=name))
        merged = TICKET if name == "b" else derived_id("ticket", into)
        body = {"into": str(derived_id("ticket", name)), "agent": "staff-1"}
        assert (await http.post(f"/v1/tickets/{merged}/merge", json=body)).status_code == 200
    await http.post(f"/v1/tickets/{derived_id('ticket', 'c')}/status", json={"status": "resolved", "agent": "staff-1"})
    await desk.rated(*await again(desk, "ticket.resolved"))
    assert len(await told(desk, "csat.asked")) == asked

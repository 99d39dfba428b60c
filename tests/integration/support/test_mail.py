"""E-mail in and out: real servers, a real database, and the topics between support and contacts played by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.support.letters import commands
from services.support.letters.worker import Sender
from services.support.mail import store
from services.support.mail.commands import take
from services.support.mail.domain.incoming import read_mail
from services.support.mail.worker import Mailbox, take_new
from services.support.main import routers
from services.support.settings import Settings, SupportSettings
from services.support.signature import key_of, sign
from shared import clock
from shared.engine.service import Service
from shared.mail.smtp import Answer, SmtpClient
from tests.integration.marketing.mail_server import MailServer
from tests.integration.running import client
from tests.integration.support.greenmail import GreenMail, greenmail
from tests.integration.support.running import Support, opened
from tests.unit.support.builders import described, erased, party_id, requested

SECRET = "whsec_" + "c2VjcmV0IG9mIGF0IGxlYXN0IHR3ZW50eSBmb3VyIGJ5dGVz"
HELP, ADA = "help@rapport.example", "ada@example.com"
OWN = frozenset({HELP})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GreenMail]:
    with greenmail(tmp_path_factory.mktemp("greenmail") / "log") as running:
        yield running


@pytest.fixture
def settings(server: GreenMail) -> SupportSettings:
    given = {"smtp_url": server.smtp_url, "mail_address": HELP, "mail_secrets": [SECRET], "mails_an_hour": 5}
    return SupportSettings.model_validate(given)


@pytest.fixture
async def desk(dsn: str, settings: SupportSettings) -> AsyncIterator[Support]:
    async with opened(dsn, settings) as desk:
        yield desk


@pytest.fixture
async def http(desk: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(desk, Settings, dsn, *routers) as http:
        yield http


def mail(text: str = "It is dark.", *, message_id: str = "m1@example.com", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": f"Ada Holm <{ADA}>", "To": HELP, "Subject": "Lamp", "Message-ID": f"<{message_id}>"}
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


async def took(desk: Support, message: EmailMessage | bytes) -> str:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    async with desk.transaction() as tx:
        return await take(tx, read_mail(raw, OWN))


async def passed_on(desk: Support) -> list[dict[str, Any]]:
    """What was told to contacts."""
    return await desk.rows("select source from outbox where topic = 'crm.ingest' order by id")


async def answered_by_contacts(desk: Support, *, event_id: str) -> None:
    """The newest fact, as contacts publishes it of Ada."""
    rows = await desk.rows(
        "select payload, correlation_id from outbox where topic = 'crm.ingest' order by id desc limit 1"
    )
    fact = httpx.Response(200, content=rows[0]["payload"]).json()
    event = requested(
        event_id=event_id,
        subject=fact["subject"],
        body=fact["body"],
        thread=fact["thread"],
        in_reply_to=fact["in_reply_to"],
        origin="/support/email",
        correlation_id=rows[0]["correlation_id"],
    )
    await desk.heard(event)


def mailbox_of(server: GreenMail, address: str) -> Mailbox:
    mailbox = Mailbox(server.imap_url(address), 1 << 20)
    mailbox.open()
    return mailbox


async def sent(desk: Support, settings: SupportSettings, url: str | None = None) -> Sender:
    smtp = SmtpClient(url or settings.smtp_url.get_secret_value() if settings.smtp_url else "", 5)
    sender = desk.sender(smtp, settings)
    await sender.send_batch()
    await smtp.quit()
    return sender


async def test_the_reply_reaches_the_customer_and_the_answer_the_same_ticket(
    server: GreenMail, desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    await desk.heard(described())
    server.deliver("desk1@rapport.example", mail())
    box = mailbox_of(server, "desk1@rapport.example")
    assert await take_new(cast("Service", desk), box, OWN) == 1
    await answered_by_contacts(desk, event_id="a")
    ticket = (await http.get("/v1/tickets")).json()["items"][0]["id"]

    await http.post(f"/v1/tickets/{ticket}/replies", json={"text": "Tænd kontakten.", "agent": "staff-12"})
    await sent(desk, settings)
    (letter,) = server.received(ADA)
    assert letter["In-Reply-To"] == "<m1@example.com>"
    assert letter["Subject"] == "Re: Lamp"
    assert letter.get_content().strip() == "Tænd kontakten."
    assert "Auto-Submitted" not in letter

    name = str(letter["Message-ID"])
    answer = mail("Still dark.", message_id="m2@example.com", In_Reply_To=name, References=f"<m1@example.com> {name}")
    server.deliver("desk1@rapport.example", answer)
    assert await take_new(cast("Service", desk), box, OWN) == 1
    await answered_by_contacts(desk, event_id="b")
    view = (await http.get(f"/v1/tickets/{ticket}")).json()
    assert {(each["author"], each["text"], each["letter"]) for each in view["thread"]} == {
        ("customer", "It is dark.", None),
        ("agent", "Tænd kontakten.", "sent"),
        ("customer", "Still dark.", None),
    }
    assert len((await http.get("/v1/tickets")).json()["items"]) == 1
    settled = [data for kind, data in await desk.published() if kind == "ticket.reply_settled"]
    assert [each["outcome"] for each in settled] == ["sent"]
    box.close()


async def test_a_mail_is_taken_once_however_it_comes(server: GreenMail, desk: Support) -> None:
    """By two mailboxes, by the webhook, and again after the server has numbered its mails anew."""
    for box in ("desk2@rapport.example", "desk3@rapport.example"):
        server.deliver(box, mail())
        mailbox = mailbox_of(server, box)
        await take_new(cast("Service", desk), mailbox, OWN)
        mailbox.validity += 1
        assert await take_new(cast("Service", desk), mailbox, OWN) == 1
        assert await take_new(cast("Service", desk), mailbox, OWN) == 0
        mailbox.close()
    assert await took(desk, mail()) == "known"
    (fact,) = await passed_on(desk)
    assert fact["source"] == "/support/email"
    # A mail that only borrows the name of another is not lost.
    assert await took(desk, mail("Somebody else.")) == "request"


async def test_a_killed_reader_goes_on_where_the_database_stands(
    server: GreenMail, desk: Support, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        server.deliver("desk4@rapport.example", mail(str(number), message_id=f"k{number}@example.com"))
    mailbox = mailbox_of(server, "desk4@rapport.example")
    points: list[str] = []

    def die(name: str) -> None:
        points.append(name)
        if len(points) == 2:
            raise RuntimeError(name)

    monkeypatch.setattr("shared.engine.faults.point", die)
    with pytest.raises(RuntimeError):
        await take_new(cast("Service", desk), mailbox, OWN)
    assert len(await passed_on(desk)) == 1
    await take_new(cast("Service", desk), mailbox, OWN)
    assert len(await passed_on(desk)) == 3
    mailbox.close()


async def letter_to(desk: Support, http: httpx.AsyncClient) -> str:
    """A ticket of Ada with an answer that waits to be sent; the answer's id."""
    await desk.heard(described())
    await took(desk, mail())
    await answered_by_contacts(desk, event_id="a")
    ticket = (await http.get("/v1/tickets")).json()["items"][0]["id"]
    answer = await http.post(f"/v1/tickets/{ticket}/replies", json={"text": "Tend.", "agent": "staff-12"})
    return str(answer.json()["reply_id"])


async def outcome(desk: Support) -> str | None:
    (row,) = await desk.rows("select outcome from letter")
    return None if row["outcome"] is None else str(row["outcome"])


async def test_where_the_servers_answer_is_lost_nothing_is_sent_again(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    await letter_to(desk, http)
    server = MailServer()
    server.hang_up.add(ADA)
    with server.running():
        await sent(desk, settings, server.url)
        assert await outcome(desk) == "unknown"
        await sent(desk, settings, server.url)
    assert len(server.taken) == 1


@pytest.mark.parametrize(("said", "expected"), [("550 no", "refused"), ("451 later", None)])
async def test_what_a_server_refuses_is_told_and_what_it_puts_off_waits(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings, said: str, expected: str | None
) -> None:
    await letter_to(desk, http)
    server = MailServer()
    server.recipients[ADA] = said
    with server.running():
        await sent(desk, settings, server.url)
    assert await outcome(desk) == expected


async def test_letters_of_a_sender_that_was_killed_end_as_unknown(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    await letter_to(desk, http)
    gone = desk.sender(SmtpClient("smtp://127.0.0.1:1", 1), settings)
    async with desk.transaction() as tx:
        assert len(await commands.begin(tx, gone.owner, 10)) == 1
    successor = await sent(desk, settings)
    await successor.reconcile()
    assert await outcome(desk) == "unknown"
    # The one that was thought dead comes too late.
    async with desk.read() as tx:
        drafts = await tx.fetch("select reply_id from letter")
    assert len(drafts) == 1


async def test_a_bounce_is_known_and_opens_no_ticket(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    reply = await letter_to(desk, http)
    await sent(desk, settings)
    report = (
        f"From: MAILER-DAEMON@example.com\r\nTo: {HELP}\r\nSubject: Undelivered\r\nMessage-ID: <b@x>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n"
        f"--x\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{reply}@rapport.example>\r\n\r\nTend.\r\n"
        "--x--\r\n"
    ).encode()
    assert await took(desk, report) == "bounce"
    assert await outcome(desk) == "bounced"
    assert len(await passed_on(desk)) == 1
    assert [each["kind"] for each in (await http.get("/v1/mails")).json()["items"]] == ["bounce"]


async def test_a_mail_bomb_is_held_and_lost_by_nobody(desk: Support, http: httpx.AsyncClient) -> None:
    outcomes = [await took(desk, mail(str(number), message_id=f"n{number}@example.com")) for number in range(8)]
    assert outcomes == ["request"] * 5 + ["held"] * 3
    assert await took(desk, mail("I am another.", From="bo@example.com", message_id="bo@example.com")) == "request"
    held = (await http.get("/v1/mails?kind=held")).json()["items"]
    assert {each["body"] for each in held} == {"7", "6", "5"}
    answer = await http.post(f"/v1/mails/{held[0]['id']}/accept")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "request")
    assert len(await passed_on(desk)) == 7
    assert (await http.post(f"/v1/mails/{held[0]['id']}/accept")).status_code == 409


async def test_only_the_provider_brings_mails_by_the_webhook(desk: Support, http: httpx.AsyncClient) -> None:
    body, now = mail().as_bytes(), str(int(clock.now().timestamp()))

    async def deliver(timestamp: str, signature: str) -> httpx.Response:
        headers = {"webhook-id": "1", "webhook-timestamp": timestamp, "webhook-signature": signature}
        return await http.post("/v1/webhooks/mail", content=body, headers=headers)

    key = key_of(SECRET)
    good = sign(key, "1", now, body)
    old = str(int(now) - 3_600)
    assert [
        (await deliver(now, "")).status_code,
        (await deliver(now, sign(b"another" * 8, "1", now, body))).status_code,
        (await deliver(now, sign(key, "1", now, body + b"."))).status_code,
        (await deliver(old, sign(key, "1", old, body))).status_code,
        (await deliver("soon", good)).status_code,
    ] == [401] * 5
    assert await passed_on(desk) == []
    assert (await deliver(now, f"v1,bad {good}")).json()["outcome"] == "request"
    assert (await deliver(now, good)).json()["outcome"] == "known"


async def test_attachments_are_kept_once_shown_and_forgotten(desk: Support, http: httpx.AsyncClient) -> None:
    await desk.heard(described())
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    message = mail()
    message.add_attachment(png, maintype="image", subtype="png", filename="../lamp.png")
    message.add_attachment(png, maintype="image", subtype="png", filename="again.png")
    message.add_attachment(b"MZ\x90\0 runs", maintype="image", subtype="png", filename="lies.png")
    await took(desk, message)
    await answered_by_contacts(desk, event_id="a")
    ticket = (await http.get("/v1/tickets")).json()["items"][0]["id"]
    (entry,) = (await http.get(f"/v1/tickets/{ticket}")).json()["thread"]
    assert [(each["name"], each["refused"]) for each in entry["attachments"]] == [
        ("lamp.png", None),
        ("again.png", None),
        ("lies.png", "type_mismatch"),
    ]
    assert len(await desk.rows("select from attachment_content")) == 1
    path = f"/v1/mails/{entry['attachments'][0]['mail_id']}/attachments"
    answer = await http.get(f"{path}/0")
    assert (answer.content, answer.headers["content-disposition"]) == (png, "attachment; filename*=UTF-8''lamp.png")
    assert (await http.get(f"{path}/2")).status_code == 404

    await desk.heard(erased())
    assert (await http.get(f"{path}/0")).status_code == 404
    (row,) = await desk.rows("select sender, thread, body from mail")
    assert set(row.values()) == {None}


async def test_a_mail_that_is_claimed_after_the_erasure_is_forgotten_at_once(desk: Support) -> None:
    await desk.heard(described())
    await took(desk, mail())
    await desk.heard(erased())
    await answered_by_contacts(desk, event_id="a")
    (row,) = await desk.rows("select sender, party_id from mail")
    assert (row["sender"], row["party_id"]) == (None, party_id(1))


async def test_nothing_is_sent_to_somebody_who_was_erased_meanwhile(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    await letter_to(desk, http)
    await desk.heard(erased())
    server = MailServer()
    with server.running():
        await sent(desk, settings, server.url)
    assert (server.taken, await outcome(desk)) == ([], "no_address")


async def test_a_letter_that_another_sender_took_over_is_settled_by_that_one_alone(
    desk: Support, http: httpx.AsyncClient, settings: SupportSettings
) -> None:
    await letter_to(desk, http)
    slow = desk.sender(SmtpClient("smtp://127.0.0.1:1", 1), settings)
    async with desk.transaction() as tx:
        begun = await commands.begin(tx, slow.owner, 10)
    await (await sent(desk, settings)).reconcile()
    async with desk.transaction() as tx:
        await commands.settle(tx, slow.owner, begun, {UUID(str(begun[0].reply_id)): Answer("accepted")})
    told = [data["outcome"] for kind, data in await desk.published() if kind == "ticket.reply_settled"]
    assert (await outcome(desk), told) == ("unknown", ["unknown"])


async def test_one_instance_at_a_time_reads_a_mailbox(dsn: str) -> None:
    first, second = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        assert await store.hold_mailbox(first, "box")
        assert not await store.hold_mailbox(second, "box")
        first.terminate()
        async with asyncio.timeout(60):
            while not await store.hold_mailbox(second, "box"):
                await asyncio.sleep(0.05)
    finally:
        second.terminate()

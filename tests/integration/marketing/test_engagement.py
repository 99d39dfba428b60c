"""Opened, followed, bounced, complained about: over HTTP on the real database, with real signatures."""

import base64
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from services.marketing.engagement.files import load_provider
from services.marketing.main import ROUTERS
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.settings import Settings, Webhook
from services.marketing.suppressions.domain import Link, sign
from tests.integration.marketing.running import Marketing
from tests.integration.running import client
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, consent, definition, described, erased, flow, sale

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
HTML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>".format(
    """<a href="{{ 'https://shop.example/roses?a=1&b=2' | tracked('roses') }}">r</a><img src="{{ opened_url }}" />"""
)
TEXTS = {
    "": {
        "subject": "Look",
        "body": "{{ 'https://shop.example/one' | tracked('step-1') }}\n{{ 'https://shop.example/two' | tracked }}\n",
        "html": HTML,
    }
}
SHOWS = flow("show", "sale.completed", {"wait": "P1D", "content": [{"template": "a", "texts": TEXTS}]})
TOPIC = "arn:aws:sns:eu-west-1:1:mail"
EC, RSA = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA.public_key())
    made = (
        made.serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    return made.sign(RSA, SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture
async def http(marketing: Marketing, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    key = EC.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    secrets = {"sendgrid": base64.b64encode(key).decode(), "ses": certificate(), "postmark": "user:a long password"}
    hooks = {
        name: (Webhook.model_validate({"secret": secret, "topic": TOPIC}), load_provider(name))
        for name, secret in secrets.items()
    }
    marketing.context = replace(marketing.sender_context, webhooks=hooks, domain="shop.example")
    marketing.transaction = marketing.ledger_of(marketing.pool).transaction
    async with client(marketing, Settings, dsn, *ROUTERS) as http:
        yield http


@pytest.fixture
async def letter(marketing: Marketing, tmp_path: Path) -> tuple[str, list[str]]:
    """Its message's id, and the paths of its links: two of the text, one of the HTML, and the picture."""
    await marketing.publish(definition(), SHOWS)
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + 2 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    for file in (tmp_path / "new").iterdir():
        message = message_from_bytes(file.read_bytes(), policy=default)
        if message["Subject"] == "Look":
            text = "".join(part.get_content() for part in message.iter_parts())
            return file.name, re.findall(r"https://shop\.example(/v1/links/[\w.-]+(?:/opened\.gif)?)", text)
    raise AssertionError


async def came_back(marketing: Marketing) -> list[tuple[str, Any, Any]]:
    kinds = {"message.opened", "message.clicked", "message.bounced", "message.complained", "message.delivered"}
    told = [(kind, data) for kind, data in await marketing.published() if kind in kinds]
    return [(kind.removeprefix("message."), data.get("label"), data.get("machine")) for kind, data in told]


async def test_links_lead_where_they_were_signed_to_and_each_is_told_once(
    marketing: Marketing, http: httpx.AsyncClient, letter: tuple[str, list[str]]
) -> None:
    _, paths = letter
    one, two, roses, picture = paths
    assert picture.endswith("/opened.gif")
    marketing.now += HOUR
    for path, leads in ((one, "one"), (one, "one"), (roses, "roses?a=1&b=2")):
        answer = await http.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (302, f"https://shop.example/{leads}")
        marketing.now += HOUR
    for _ in range(2):
        assert (await http.get(picture, headers=BROWSER)).headers["content-type"] == "image/gif"
    for path in (two, picture):
        assert (await http.head(path, headers=BROWSER)).status_code in {200, 302}
        assert (await http.get(path, headers={**BROWSER, "Sec-Purpose": "prefetch"})).status_code in {200, 302}
    assert (await http.get(two, headers={"User-Agent": "Barracuda link scan"})).status_code == 302
    assert await came_back(marketing) == [
        ("clicked", "step-1", None),
        ("clicked", "roses", None),
        ("opened", None, None),
        ("clicked", "https://shop.example/two", "agent"),
    ]
    measures = (await http.get("/v1/campaigns/show/measures")).json()["measures"]
    assert {(m["kind"], m["label"]): (m["people"], m["machines"]) for m in measures} == {
        ("clicked", "https://shop.example/two"): (0, 1),
        ("clicked", "roses"): (1, 0),
        ("clicked", "step-1"): (1, 0),
        ("opened", ""): (1, 0),
    }
    await marketing.heard(erased())
    assert (await http.get(two, headers=BROWSER)).status_code == 302
    assert len(await came_back(marketing)) == 4
    marketing.now += 400 * DAY
    assert (await http.get(one, headers=BROWSER)).status_code == 410


async def test_link_that_is_none_of_its_letter_shows_a_plain_page_and_counts_nothing(
    marketing: Marketing, http: httpx.AsyncClient, letter: tuple[str, list[str]]
) -> None:
    message_id, (one, two, _, picture) = letter
    head, claims, signature = one.split(".")
    elsewhere = json.dumps({**claims_of(one), "url": "https://evil.example/"}).encode()
    forged = base64.urlsafe_b64encode(elsewhere).decode().rstrip("=")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    link = Link(UUID(message_id), ADA, "marketing", "", "email", NOW + 400 * DAY)
    other = sign(link, marketing.sender_context.unsubscribe_secret)
    wrong = [
        f"{head}.{forged}.{signature}",
        f"{head}.{two.split('.')[1]}.{signature}",
        f"/v1/links/{unsigned}.{forged}.",
        f"{one[:-4]}AAAA",
        f"/v1/links/{other}",
        picture.removesuffix("/opened.gif"),
    ]
    with capture_logs() as logs:
        for path in wrong:
            answer = await http.get(path, headers={**BROWSER, "Accept": "text/html"})
            assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
            assert "not whole" in answer.text
            assert "location" not in answer.headers
            assert (await http.get(path, headers=BROWSER)).json()["type"] == "urn:rapport:problem:not_found"
        assert (await http.get(f"{one}/opened.gif", headers=BROWSER)).status_code == 404
        marketing.now += 400 * DAY
        answer = await http.get(one, headers={**BROWSER, "Accept": "text/html"})
        assert (answer.status_code, "too old" in answer.text) == (410, True)
        assert (await http.get(picture, headers=BROWSER)).status_code == 410
    assert await came_back(marketing) == []
    assert not any(claims in str(line) or str(ADA) in str(line) for line in logs)


def claims_of(path: str) -> dict[str, Any]:
    payload = path.split("/")[3].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


async def test_links_say_nothing_of_their_reader(letter: tuple[str, list[str]]) -> None:
    message_id, paths = letter
    for path in paths:
        claims = claims_of(path)
        assert claims.keys() == {"aud", "sub", "url", "label", "at", "exp"}
        assert claims["sub"] == message_id


def signed(provider: str, said: Any) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(said).encode()
    match provider:
        case "sendgrid":
            name, at = "X-Twilio-Email-Event-Webhook", "1772460000"
            signature = base64.b64encode(EC.sign(at.encode() + body, ec.ECDSA(SHA256()))).decode()
            return body, {f"{name}-Signature": signature, f"{name}-Timestamp": at}
        case "ses":
            envelope = {
                "Type": "Notification",
                "MessageId": "1",
                "TopicArn": TOPIC,
                "Timestamp": "2026-03-02T13:00:00Z",
            }
            envelope |= {
                "Message": body.decode(),
                "SignatureVersion": "2",
                "SigningCertURL": "http://127.0.0.1:1/x.pem",
            }
            named = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
            text = "".join(f"{each}\n{envelope[each]}\n" for each in named)
            signature = base64.b64encode(RSA.sign(text.encode(), padding.PKCS1v15(), SHA256())).decode()
            return json.dumps({**envelope, "Signature": signature}).encode(), {}
        case _:
            return body, {"Authorization": "Basic " + base64.b64encode(b"user:a long password").decode()}


def bounce_of(provider: str, message_id: str) -> Any:
    named = f"<{message_id}@shop.example>"
    match provider:
        case "sendgrid":
            return [{"event": "bounce", "smtp-id": named, "status": "5.1.1"}, {"event": "bounce", "smtp-id": "<x@y>"}]
        case "ses":
            bounce = {"bounceType": "Permanent"}
            return {"eventType": "Bounce", "bounce": bounce, "mail": {"commonHeaders": {"messageId": named}}}
        case _:
            return {"RecordType": "Bounce", "Type": "HardBounce", "Metadata": {"message": message_id}}


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark"])
async def test_a_signed_bounce_stops_its_address_once(
    marketing: Marketing, http: httpx.AsyncClient, letter: tuple[str, list[str]], provider: str
) -> None:
    """Told twice, told by nobody in particular, or about nobody, it is told once, not at all, and ignored."""
    path, said = f"/v1/webhooks/{provider}", bounce_of(provider, letter[0])
    body, headers = signed(provider, said)
    wrong = {name: value[:-6] + "AAAA==" for name, value in headers.items()}
    forged = body.replace(b"ounce", b"OUNCE", 1)
    refused = (
        [(body, {}), (body, wrong), (forged, headers)] if headers else [(forged, {}), (body[:-9] + b'AAAA=="}', {})]
    )
    if provider == "postmark":
        refused.pop()  # a password says nothing about what comes with it
    for content, given in refused:
        assert (await http.post(path, content=content, headers=given)).status_code == 401
    assert await came_back(marketing) == []
    for _ in range(2):
        answer = await http.post(path, content=body, headers=headers)
        assert answer.json() == {"taken": 1, "ignored": 1 if provider == "sendgrid" else 0}
    assert await came_back(marketing) == [("bounced", None, None)]
    assert (await http.post("/v1/suppressions/find", json={"email": "ada@example.com"})).json()["stopped"]
    assert (await http.post(f"{path}x", content=body, headers=headers)).status_code == 404
    if headers:
        odd = b"\xff{" if provider == "postmark" else b"{}"
        assert (await http.post(path, content=odd, headers=headers)).status_code in {401, 422}


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark"])
async def test_large_body_of_a_stranger_is_refused(http: httpx.AsyncClient, provider: str) -> None:
    path = f"/v1/webhooks/{provider}"
    for body, status in ((b"[" * 2_000_000, {401, 422}), (b"{}" + b" " * 1_999_998, {401}), (b" " * 2_097_153, {413})):
        assert (await http.post(path, content=body)).status_code in status


@pytest.mark.parametrize("provider", ["sendgrid", "ses", "postmark"])
async def test_nothing_is_told_of_a_letter_to_somebody_who_was_erased(
    marketing: Marketing, http: httpx.AsyncClient, letter: tuple[str, list[str]], provider: str
) -> None:
    await marketing.heard(erased())
    body, headers = signed(provider, bounce_of(provider, letter[0]))
    assert (await http.post(f"/v1/webhooks/{provider}", content=body, headers=headers)).status_code == 200
    assert (await http.post(f"/v1/messages/{letter[0]}/bounces", json={"kind": "hard"})).json() == {"stopped": False}
    assert await came_back(marketing) == []
    assert await marketing.rows("select 1 from returned") == []
    assert await marketing.rows("select 1 from stopped_address") == []


async def test_another_topic_of_the_same_cloud_says_nothing(http: httpx.AsyncClient) -> None:
    body, _ = signed("ses", {"eventType": "Bounce"})
    other = body.replace(b":mail", b":evil")
    assert (await http.post("/v1/webhooks/ses", content=other)).status_code == 401


async def test_a_mail_that_came_back_is_read_as_it_is(
    marketing: Marketing, http: httpx.AsyncClient, letter: tuple[str, list[str]]
) -> None:
    mail = (
        'Content-Type: multipart/report; report-type=feedback-report; boundary="x"\n\n--x\n'
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--x\n"
        f"Content-Type: message/rfc822\n\nMessage-ID: <{letter[0]}@shop.example>\n\nHi\n--x--\n"
    ).encode()
    for content, taken in ((mail, 1), (mail, 1), (b"\xff\x00", 0), (mail.replace(b"-", b"_"), 0)):
        answer = await http.post("/v1/messages/returned", content=content, headers={"Content-Type": "message/rfc822"})
        assert answer.json() == {"taken": taken, "ignored": 1 - taken}
    assert await came_back(marketing) == [("complained", None, None)]
    await marketing.heard(sale("s-2", at=NOW + timedelta(days=3)))
    await marketing.pass_time(datetime(2026, 4, 1, tzinfo=UTC))
    reasons = await marketing.rows("select distinct reason from message where reason is not null")
    assert [row["reason"] for row in reasons] == ["suppressed"]

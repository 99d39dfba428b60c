"""Content before it goes to anybody: looked at, and sent to ourselves, on the real database and a real mail server."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.marketing.main import ROUTERS
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.domain.letter import FromAddress
from services.marketing.settings import Settings
from tests.integration.marketing.running import Marketing
from tests.integration.running import client
from tests.unit.marketing.facts import ADA, definition, described, erased, flow

HTML = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Hej {{ name }}</mj-text></mj-column></mj-section></mj-body></mjml>"
)
TEXTS: dict[str, Any] = {
    "": {"subject": "Hello {{ name }}", "body": "{{ bought_on | date }}: {{ total | money }}\n"},
    "da": {"subject": "Hej {{ name }}", "body": "{{ bought_on | date }}\n", "html": HTML},
}
SAYS = flow("say", "sale.completed", {"wait": "P1D", "content": [{"template": "a", "texts": TEXTS}]})


@pytest.fixture
async def content(marketing: Marketing) -> str:
    await marketing.publish(definition(), SAYS)
    await marketing.heard(described())
    return "/v1/content/say/a"


async def test_preview_is_of_a_sample_or_of_a_party(
    marketing: Marketing, http: httpx.AsyncClient, content: str
) -> None:
    sample = (await http.get(content)).json()
    assert (sample["subject"], sample["text"], sample["html"]) == (
        "Hello Ada Holm",
        "March 1, 2026: DKK129.95\n",
        None,
    )
    danish = (await http.get(content, params={"locale": "da-DK", "party_id": str(ADA)})).json()
    assert (danish["language"], danish["locale"], danish["text"]) == ("da", "da_DK", "1. marts 2026\n")
    assert ">Hej " in danish["html"]
    for path, asked in (
        ("/v1/content/say/b", {}),
        ("/v1/content/no/a", {}),
        (content, {"version": 7}),
        (content, {"party_id": "00000000-0000-4000-8000-0000000000ff"}),
    ):
        assert (await http.get(path, params=asked)).status_code == 404, path
    await marketing.heard(erased())
    assert (await http.get(content, params={"party_id": str(ADA)})).status_code == 404


async def test_test_letter_goes_to_an_address_of_our_own_alone(
    marketing: Marketing, dsn: str, content: str, tmp_path: Path
) -> None:
    sender = FromAddress("shop@shop.example", "The Shop", "shop.example")
    marketing.context = replace(
        marketing.sender_context,
        own_domains=frozenset({"shop.example"}),
        outgoing=lambda: (Maildir(tmp_path, 1), sender),
    )
    async with client(marketing, Settings, dsn, *ROUTERS) as http:
        for email in ("eve@evil.example", "eve@evil.example,me@shop.example", "me@shop.example@evil.example"):
            assert (await http.post(f"{content}/test", json={"email": email})).status_code == 422, email
        assert not list((tmp_path).glob("new/*"))
        sent = await http.post(f"{content}/test", json={"email": "me@Shop.example", "locale": "da"})
        assert sent.json() == {"accepted": True, "code": None}
    (file,) = (tmp_path / "new").iterdir()
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert (message["Subject"], message["To"]) == ("Hej Ada Holm", "Ada Holm <me@Shop.example>")
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert await marketing.rows("select * from message") == []

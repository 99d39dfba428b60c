"""What a hostile or a clumsy hand sends through any form of the console is answered with a page, and shown as text."""

import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from tests.browser.agents import Customer, visitor
from tests.browser.test_console import pages_of

pytestmark = [pytest.mark.stack, pytest.mark.slow]
POISON = {
    "what ends a header": "a\r\nX-B: c\0\x1b",
    "markup": "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u0627\u0644 \U0001f600\u202e{{ 7 * 7 }}",
}
_OTHERS = frozenset({"sign-in", "segment", "segment-why", "mailing", "mailing-new", "article", "reply", "view", "acts"})
"""Pages of what this customer has none of."""
_OURS = re.compile(r'<script src="/static/[^"]+" defer></script>')


class Forms(HTMLParser):
    """Where each form of a page is sent, and the names of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self._fields: list[str] | None = None
        self.found: dict[tuple[str, str], list[str]] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form" and given.get("method") != "dialog":
            where = urljoin(self._page, given.get("action") or self._page)
            self._fields = self.found.setdefault(((given.get("method") or "get").lower(), where), [])
        elif tag in {"input", "textarea", "select", "button"} and self._fields is not None and given.get("name"):
            self._fields.append(str(given["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


async def test_no_form_is_broken_or_broken_into(stack: EmbeddedStack, twins: Customer) -> None:
    """The customer is one whom no other test looks at: what is taken is taken."""
    broken = []
    async with visitor(stack) as client:
        client.headers["Accept"] = "text/html"
        forms: dict[tuple[str, str], list[str]] = {}
        for name, path in pages_of(twins).items():
            if name not in _OTHERS:
                shown = Forms(path)
                shown.feed((await client.get(path)).text)
                forms |= {form: fields for form, fields in shown.found.items() if "/sign-out" not in form[1]}
        assert len(forms) > 20
        for (method, path), fields in forms.items():
            for kind, poison in POISON.items():
                answer = await _send(client, method, path, dict.fromkeys(fields, poison))
                went_on = answer.headers.get("location", "/").startswith("/")
                is_text = "<img src=x" not in answer.text and "<script" not in _OURS.sub("", answer.text)
                is_page = answer.status_code == 303 or "</html>" in answer.text
                if answer.status_code >= 500 or not (went_on and is_text and is_page):
                    broken.append((method, path, kind, answer.status_code))
    assert broken == []


async def _send(client: httpx.AsyncClient, method: str, path: str, fields: dict[str, str]) -> httpx.Response:
    sent = urlencode(fields)
    if method == "get":
        return await client.get(f"{urlsplit(path).path}?{sent}")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, content=sent.encode(), headers=headers)


async def test_a_place_in_another_list_is_refused_and_the_page_stands(stack: EmbeddedStack, ada: Customer) -> None:
    assert ada.party_id
    async with visitor(stack) as client:
        for place in ("bm90IGEgcGxhY2U", "%00", "../..", "x" * 999):
            for path in ("/parties", "/tickets", "/campaigns", "/duplicates", "/mailings", "/frauds", "/articles"):
                answer = await client.get(path, params={"cursor": place}, headers={"Accept": "text/html"})
                assert answer.status_code in {200, 422}, path
                assert "</html>" in answer.text

"""What a hostile or a clumsy hand sends to any page is answered with a page, whatever it is.

No service is there: what the console itself makes of a form, of an address and of headers is looked at here. What the
services make of the same is looked at in tests/browser/test_console_attacks.py.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote_from_bytes, urlencode

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from tests.unit.console.conftest import SAME

_ID = "01a21a0a-7237-7b83-b613-b5a24ae8bd19"
_FIELDS = ("key", "version", "next", "name", "kind", "status", "state", "agent", "text", "email", "amount", "currency",
           "zone", "id", "capacity-email", "per_minute", "reason", "because", "party_id", "to", "since", "day",
           "act", "into", "survivor", "language", "title", "body", "category", "act", "untested")  # fmt: skip
POISON = {
    "nothing": "",
    "what ends a header": "a\r\nSet-Cookie: b=c\0\x1b",
    "other letters and digits": "\u0627\u0644\u0639 \U0001f600\u202e\u0130\u00b2\u2460\u0663",
    "markup": "\"'><script>alert(1)</script>{{ 7 * 7 }}../../%2e%2e/?a=b#c",
    "number": "9" * 5000,
    "exponent": "1e999999999",
}


def _routes(app: FastAPI, method: str) -> Iterator[str]:
    for context in iter_route_contexts(list(app.routes)):
        route = getattr(context, "original_route", None) or getattr(context, "route", None)
        if isinstance(route, APIRoute) and method in (context.methods or ()):
            yield str(context.path_format)


def _filled(path: str, value: str = _ID) -> str:
    return re.sub(r"\{\w+\}", lambda _: quote_from_bytes(value.encode(), safe=""), path)


@pytest.fixture
def careless(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Gets the answer that a server gives where the application fails, instead of its error."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.raise_app_exceptions = False
    return client


@pytest.mark.slow
async def test_no_form_breaks_a_page(app: FastAPI, careless: httpx.AsyncClient) -> None:
    broken = []
    for path in _routes(app, "POST"):
        for kind, value in POISON.items():
            sent = urlencode(dict.fromkeys(_FIELDS, value)).encode()
            headers = {**SAME, "Content-Type": "application/x-www-form-urlencoded"}
            answer = await careless.post(_filled(path), content=sent, headers=headers)
            if answer.status_code == 500 or "\n" in str(answer.headers.get("location")):
                broken.append((path, kind))
    assert broken == []


@pytest.mark.slow
async def test_no_address_breaks_a_page(app: FastAPI, careless: httpx.AsyncClient) -> None:
    broken = []
    for path in _routes(app, "GET"):
        for kind, value in POISON.items():
            query = urlencode(dict.fromkeys(("q", "cursor", "day", "from", "to", "by", "next", "state", "who"), value))
            answer = await careless.get(f"{_filled(path, value if '{' in path else _ID)}?{query}"[:7000])
            if answer.status_code == 500:
                broken.append((path, kind))
    assert broken == []


@pytest.mark.parametrize("name", ["language", "zone", "theme", "own-zone", "name"])
@pytest.mark.parametrize("value", ['"', "%00", "../../../etc/passwd", "a" * 3000, "Europe/../Europe/Copenhagen"])
@pytest.mark.slow
async def test_no_cookie_breaks_a_page(careless: httpx.AsyncClient, name: str, value: str) -> None:
    careless.cookies.set(f"rapport-{name}", value)
    assert (await careless.get("/design")).status_code in {200, 303}


@pytest.mark.parametrize("referer", ["http://[", "//", "\\\\elsewhere", "http://elsewhere.example/parties", "x" * 5000])
async def test_no_referer_breaks_a_choice(careless: httpx.AsyncClient, referer: str) -> None:
    answer = await careless.post("/look", data={"theme": "dark"}, headers={**SAME, "Referer": referer})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"name=%ff%fe&name=%ed%a0%80", b"=&&&==", b"a=1&" * 1000])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
@pytest.mark.slow
async def test_what_is_no_form_is_refused_or_read(careless: httpx.AsyncClient, content: bytes, kind: str) -> None:
    for path in ("/look", "/sign-in", "/new/article", f"/tickets/{_ID}/replies"):
        answer = await careless.post(path, content=content, headers={**SAME, "Content-Type": kind})
        assert answer.status_code != 500, path
        assert answer.status_code == 303 or "</html>" in answer.text


async def test_what_was_typed_outlives_a_service_that_is_away(client: httpx.AsyncClient) -> None:
    typed = {"key": "k-1", "name": "Ada <b>", "text": "\nTwo\nlines"}
    answer = await client.post("/parties/new?a=b", data=typed, headers=SAME)
    assert answer.status_code == 503
    assert 'action="/parties/new?a=b"' in answer.text
    assert '<textarea name="name" hidden>\nAda &lt;b&gt;</textarea>' in answer.text
    assert '<textarea name="text" hidden>\n\nTwo\nlines</textarea>' in answer.text
    assert '<textarea name="key" hidden>\nk-1</textarea>' in answer.text


async def test_what_was_typed_outlives_the_session(client: httpx.AsyncClient) -> None:
    client.cookies.clear()
    answer = await client.post(f"/tickets/{_ID}/replies", data={"text": "A long answer"}, headers=SAME)
    assert answer.status_code == 401
    assert "A long answer</textarea>" in answer.text
    assert 'href="/sign-in"' in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("GET", "/parties?q=%00", 422, "was refused"),
        ("POST", "/design", 405, "was refused"),
        ("GET", "/x", 404, "nothing"),
    ],
)
@pytest.mark.slow
async def test_a_browser_gets_a_page_whatever_refuses_it(
    client: httpx.AsyncClient, method: str, path: str, status: int, says: str
) -> None:
    answer = await client.request(method, path, headers={**SAME, "Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert says in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.slow
async def test_what_nobody_expected_is_a_page_too(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/broken")
    async def fail() -> None:
        raise RuntimeError("a bug")

    answer = await client.get("/broken", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "This did not work" in answer.text
    assert "a bug" not in answer.text


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
async def test_the_address_of_a_form_leads_to_the_page_above_it(client: httpx.AsyncClient, accept: str) -> None:
    for path, above in ((f"/tickets/{_ID}/replies", f"/tickets/{_ID}"), ("/acts", "/"), ("/sign-out", "/")):
        led = await client.get(path, headers={"Accept": accept})
        assert (led.status_code, led.headers["location"]) == (303, above)

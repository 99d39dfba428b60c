"""What is looked at before a route, and what is answered without its body."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from shared.http.app import build_app
from shared.settings import AuthSettings
from shared.version import VERSION
from tests.unit.http.desk import ID, Desk, problem_of, router, settings_with
from tests.unit.http.tokens import token


async def test_without_tokens_everything_is_open(desk: Desk) -> None:
    app = build_app(desk, settings_with(AuthSettings(mode="off")), [router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.get(f"/v1/parties/{ID}")).json() == {"id": ID, "by": "anonymous"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8101", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8101", 200),
        ("[::1]", 200),
        ("evil.example", 421),
        ("evil.example:8101", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:evil", 421),
        ("", 421),
    ],
)
async def test_without_tokens_only_loopback_is_answered(host: str, status: int, desk: Desk) -> None:
    """A page of another site can make a browser ask us under its own name; it must not get an answer."""
    app = build_app(desk, settings_with(AuthSettings(mode="off")), [router])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        assert (await client.get(f"/v1/parties/{ID}", headers={"Host": host})).status_code == status


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/asyncapi", "/asyncapi.json"])
async def test_documents_need_a_token_that_may_read(path: str, http: httpx.AsyncClient) -> None:
    problem_of(await http.get(path, headers={"Authorization": ""}), 401, "unauthenticated")
    other = {"Authorization": f"Bearer {token(scope='crm:erase')}"}
    problem_of(await http.get(path, headers=other), 403, "missing_scope")
    assert (await http.get(path)).status_code == 200


async def test_pages_load_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    for path in ("/docs", "/asyncapi"):
        page = await http.get(path)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert re.search(r"(src|href)=\"(https?:)?//", page.text) is None
        assert re.search(r"<script(?! src=)", page.text) is None
        for asset in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            assert (await http.get(asset, headers={"Authorization": ""})).content


async def test_a_token_without_a_subject_is_refused(http: httpx.AsyncClient) -> None:
    anonymous = {"Authorization": f"Bearer {token(sub=' ')}"}
    problem_of(await http.get(f"/v1/parties/{ID}", headers=anonymous), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/v1/parties", f"/v1/parties/{ID}"])
async def test_allow_names_every_method_of_a_path(path: str, http: httpx.AsyncClient) -> None:
    methods = {"GET", "HEAD", "OPTIONS", "POST" if path == "/v1/parties" else "PUT"}
    refused = await http.delete(path)
    problem_of(refused, 405, "method_not_allowed")
    asked = await http.options(path)
    assert asked.status_code == 204
    assert set(refused.headers["allow"].split(", ")) == set(asked.headers["allow"].split(", ")) == methods


@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "TRACE"])
async def test_a_path_that_is_written_out_is_no_id_of_another(method: str, http: httpx.AsyncClient) -> None:
    refused = await http.request(method, "/v1/parties/newest")
    problem_of(refused, 405, "method_not_allowed")
    assert (
        refused.headers["allow"] == (await http.options("/v1/parties/newest")).headers["allow"] == "GET, HEAD, OPTIONS"
    )


async def test_head_is_get_without_its_body(http: httpx.AsyncClient) -> None:
    got, headed = await http.get(f"/v1/parties/{ID}"), await http.head(f"/v1/parties/{ID}")
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-length"] == got.headers["content-length"] == str(len(got.content))
    assert (await http.head("/v1/parties/unknown/path")).status_code == 404


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ('"7-a"', 304),
        ('"7-a-gzip"', 304),
        ('W/"7-a;br"', 304),
        ('"7-a--gzip"', 304),
        ('"7-b-gzip"', 200),
        ('W/"7-a"', 304),
        ('"1", "7-a"', 304),
        ("*", 304),
        ('"7"', 200),
        ('"7-b"', 200),
    ],
)
@pytest.mark.slow
async def test_what_is_known_already_is_not_sent_again(known: str, status: int, http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/parties/tagged/now", headers={"If-None-Match": known})
    assert (answer.status_code, answer.headers["etag"]) == (status, '"7-a"')
    assert bool(answer.content) == (status == 200)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"])
async def test_a_body_of_another_kind_is_refused(kind: str, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/parties", content=b'{"name": "Ada"}', headers={"Content-Type": kind})
    problem_of(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/vnd.x+json"])
async def test_json_is_taken_under_each_of_its_names(kind: str, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/parties", content=b'{"name": "Ada"}', headers={"Content-Type": kind})
    assert answer.status_code == 201


async def test_the_token_is_looked_at_before_the_body(http: httpx.AsyncClient) -> None:
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(5):
            taken += 1
            yield b"x" * 100

    for authorization, status, reason in (
        ("", 401, "unauthenticated"),
        (token(scope="crm:read"), 403, "missing_scope"),
    ):
        headers = {"Authorization": f"Bearer {authorization}", "Content-Type": "application/json"}
        answer = await http.post("/v1/parties", content=body(), headers=headers)
        problem_of(answer, status, reason)
        assert answer.headers["connection"] == "close"
    assert taken == 0


async def test_a_body_that_does_not_come_is_given_up(desk: Desk) -> None:
    app = build_app(desk, settings_with(AuthSettings(mode="off"), body_s=0.05), [router])

    async def body() -> AsyncIterator[bytes]:
        yield b'{"name": '
        await asyncio.Event().wait()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.post("/v1/parties", content=body(), headers={"Content-Type": "application/json"})
    problem_of(answer, 408, "too_slow")


async def test_metrics_come_as_openmetrics_where_that_is_asked_for(http: httpx.AsyncClient) -> None:
    plain = await http.get("/metrics")
    asked = await http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert plain.headers["content-type"].startswith("text/plain")
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
    assert f'rapport_build_info{{service="desk",version="{VERSION}"}} 1.0' in plain.text

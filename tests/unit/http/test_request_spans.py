"""A request is a span by its template, under its caller's, and never tells a path, a query or a body."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from shared.http.requests import Requests
from shared.telemetry.tracing import current_traceparent
from tests.collector import remembered

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PERSON = "ada@example.com"


class Desk:
    """A client of an application whose requests are traced, and what was told of them."""

    def __init__(self, ratio: float) -> None:
        spans, self.memory = remembered("desk", ratio)
        app = FastAPI()
        app.add_middleware(Requests, service="desk", spans=spans)
        app.get("/healthz")(_now)
        app.post("/v1/parties/{name}")(_now)
        app.get("/v1/bug")(_fail)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk")

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.memory.get_finished_spans()


async def _now() -> str | None:
    return current_traceparent()


async def _fail() -> None:
    raise ValueError(PERSON)


@pytest.fixture
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    desk = Desk(getattr(request, "param", 0.0))
    async with desk.http:
        yield desk


def own(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


async def test_a_request_is_a_span_under_its_callers(desk: Desk) -> None:
    path = f"/v1/parties/{PERSON}?q={PERSON}"
    answer = await desk.http.post(path, headers={"traceparent": CALLER}, content=PERSON)
    (span,) = desk.spans()
    assert answer.json() == own(span)
    assert (span.name, span.kind) == ("POST /v1/parties/{name}", SpanKind.SERVER)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == CALLER[36:52]
    assert own(span)[:36] == CALLER[:36]
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/parties/{name}",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize("desk", [1.0], indirect=True)
async def test_a_request_begins_a_trace_where_the_ratio_says_so(desk: Desk) -> None:
    told = [(await desk.http.post("/v1/parties/a")).json() for _ in range(2)]
    assert [own(span) for span in desk.spans()] == told
    assert [span.parent for span in desk.spans()] == [None, None]
    assert told[0][:36] != told[1][:36]


@pytest.mark.parametrize("trace", [None, CALLER[:-1] + "0", "unsound"])
async def test_other_requests_leave_no_span(trace: str | None, desk: Desk) -> None:
    await desk.http.post("/v1/parties/a", headers={"traceparent": trace} if trace else {})
    assert not desk.spans()


@pytest.mark.parametrize("desk", [1.0], indirect=True)
async def test_what_looks_after_the_service_leaves_no_span(desk: Desk) -> None:
    await desk.http.get("/healthz", headers={"traceparent": CALLER})
    assert not desk.spans()


@pytest.mark.slow
async def test_a_request_that_failed_is_a_span_that_failed(desk: Desk) -> None:
    for path in ("/v1/bug", "/v1/nowhere"):
        await desk.http.get(path, headers={"traceparent": CALLER})
    bug, nowhere = desk.spans()
    assert (bug.attributes or {})["error.type"] == "500"
    assert (bug.status.status_code, nowhere.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert PERSON not in bug.to_json()

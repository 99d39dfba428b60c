"""What every service answers: operators' endpoints, scopes, and problem documents that tell no value."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
import structlog
from fastapi import FastAPI, Request
from structlog.testing import capture_logs

from shared.engine.checks import Check
from shared.events.contract import contracts
from shared.http.app import service_of
from tests.unit.http.desk import ID, PERSON, Desk, problem_of
from tests.unit.http.tokens import token


async def test_the_service_lives_as_long_as_the_application(app: FastAPI, desk: Desk) -> None:
    async with app.router.lifespan_context(app):
        assert desk.life == ["started"]
        assert await service_of(Request({"type": "http", "app": app})) is desk
    assert desk.life == ["started", "stopped"]


@pytest.mark.parametrize(
    ("checks", "status", "word"),
    [
        ([Check("database")], 200, "ok"),
        ([Check("database"), Check("crm.sales 3", "degraded", "stopped: gap")], 200, "degraded"),
        ([Check("database", "failing", "no answer"), Check("crm.sales 3", "degraded")], 503, "failing"),
    ],
)
async def test_readiness_names_what_fails(
    checks: list[Check], status: int, word: str, desk: Desk, http: httpx.AsyncClient
) -> None:
    desk.checks = checks
    answer = await http.get("/readyz", headers={"Authorization": ""})
    assert answer.status_code == status
    assert answer.json()["status"] == word
    assert [check["name"] for check in answer.json()["checks"]] == [check.name for check in checks]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/docs/start.js", "/docs/swagger-ui.css"])
async def test_operators_need_no_token(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(path, headers={"Authorization": ""})).status_code == 200


async def test_scopes_decide(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/v1/parties/{ID}")).json() == {"id": ID, "by": "staff-12"}
    nobody = await http.get(f"/v1/parties/{ID}", headers={"Authorization": ""})
    problem_of(nobody, 401, "unauthenticated")
    assert nobody.headers["www-authenticate"] == "Bearer"
    reader = {"Authorization": f"Bearer {token(scope='crm:read')}"}
    refused = await http.post("/v1/parties", json={"name": "Ada"}, headers=reader)
    assert problem_of(refused, 403, "missing_scope")["detail"] == "needs the scope crm:write"
    assert 'scope="crm:write"' in refused.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [("missing", 404, "not_found"), ("stale", 409, "stale"), ("invalid", 422, "invalid"), ("teapot", 418, "http_418")],
)
async def test_a_refusal_becomes_a_problem(kind: str, status: int, reason: str, http: httpx.AsyncClient) -> None:
    document = problem_of(await http.get(f"/v1/parties/raises/{kind}"), status, reason)
    if kind == "stale":
        assert document["state"] == {"version": 3}
    if kind == "invalid":
        assert document["errors"] == [{"field": "currency", "reason": "invalid", "detail": "no such currency"}]


@pytest.mark.parametrize(
    ("request_of", "fields"),
    [
        (("GET", "/v1/parties/seven", {}), ["path.party_id"]),
        (("GET", "/v1/parties?limit=0", {}), ["query.limit"]),
        (("GET", "/v1/parties?limit=201", {}), ["query.limit"]),
        (("POST", "/v1/parties", {"json": {"name": PERSON, "lines": [1, PERSON]}}), ["body.name", "body.lines.1"]),
        (("POST", "/v1/parties", {"content": b'{"name": ' + PERSON.encode()}), ["body"]),
    ],
)
async def test_a_bad_request_names_its_fields_and_no_value(
    request_of: tuple[str, str, dict[str, Any]], fields: list[str], http: httpx.AsyncClient
) -> None:
    method, path, body = request_of
    with capture_logs() as lines:
        answer = await http.request(method, path, **body, headers={"Content-Type": "application/json"})
    document = problem_of(answer, 422, "invalid")
    assert [entry["field"] for entry in document["errors"]] == fields
    assert PERSON not in answer.text + str(lines)


@pytest.mark.parametrize(
    ("kind", "status", "reason", "level"),
    [
        ("bug", 500, "internal", "error"),
        ("statement", 500, "internal", "error"),
        ("starting", 503, "unavailable", "warning"),
        ("restored", 503, "restored", "warning"),
        ("timeout", 503, "unavailable", "warning"),
        ("locked", 503, "unavailable", "warning"),
        ("closed", 503, "unavailable", "warning"),
        ("nul", 422, "invalid", "warning"),
    ],
)
async def test_an_unexpected_error_tells_nothing_outside_and_its_place_inside(
    kind: str, status: int, reason: str, level: str, http: httpx.AsyncClient
) -> None:
    with capture_logs() as lines:
        answer = await http.get(f"/v1/parties/raises/{kind}")
    problem_of(answer, status, reason)
    assert PERSON not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    failed, answered = lines
    assert (failed["log_level"], failed["route"]) == (level, "/v1/parties/raises/{kind}")
    assert (answered["event"], answered["status"]) == ("request_answered", status)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
async def test_a_large_body_is_refused(declared: bool, http: httpx.AsyncClient) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    content = b"x" * 3_000 if declared else stream()
    answer = await http.post("/v1/parties", content=content, headers={"Content-Type": "application/json"})
    problem_of(answer, 413, "too_large")


async def test_unknown_paths_and_methods_are_problems_too(http: httpx.AsyncClient) -> None:
    problem_of(await http.get("/v1/nothing"), 404, "not_found")
    problem_of(await http.delete("/v1/parties"), 405, "method_not_allowed")


async def test_a_request_is_one_line_by_its_template(http: httpx.AsyncClient) -> None:
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        answer = await http.get(f"/v1/parties/{ID}?q={PERSON}", headers={"X-Request-ID": "trace-7"})
        await http.get("/healthz")
    (line,) = lines
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request_answered",
        "log_level": "info",
        "method": "GET",
        "route": "/v1/parties/{party_id}",
        "status": 200,
        "request_id": "trace-7",
    }
    assert answer.headers["x-request-id"] == "trace-7"


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("sent", "continued"),
    [(TRACE, TRACE), (None, None), ("00-short-01", None), (TRACE.replace("00-", "ff-", 1), None), (TRACE + "x", None)],
)
async def test_a_request_continues_the_trace_of_its_client(
    sent: str | None, continued: str | None, http: httpx.AsyncClient
) -> None:
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        answer = await http.get("/v1/parties/traced/now", headers={"traceparent": sent} if sent else {})
    assert answer.json() == {"traceparent": continued}
    assert lines[0].get("trace_id") == (continued[3:35] if continued else None)


async def test_a_request_id_that_is_not_sound_is_replaced(http: httpx.AsyncClient) -> None:
    answer = await http.get("/healthz", headers={"X-Request-ID": "a\tb " * 40})
    assert UUID(answer.headers["x-request-id"]).version == 7


async def test_requests_are_measured_by_route(http: httpx.AsyncClient) -> None:
    await http.get(f"/v1/parties/{ID}")
    await http.get("/v1/nothing/at/all")
    text = (await http.get("/metrics")).text
    assert (
        'rapport_http_request_seconds_count{method="GET",route="/v1/parties/{party_id}",service="desk",status="2xx"}'
        in text
    )
    assert ID not in text
    assert "nothing" not in text


@pytest.mark.slow
async def test_every_schema_is_answered_under_its_id(http: httpx.AsyncClient) -> None:
    for entry in contracts():
        where = entry.document()["$id"]
        answer = await http.get(where)
        assert answer.headers["content-type"] == "application/schema+json"
        schema = answer.json()
        assert schema["$id"] == where
        jsonschema.validators.validator_for(schema, default=None).check_schema(schema)
    for unknown in ("crm.sales/crm.sale.completed.v1/9.9", "crm.sales/crm.nothing.v1/1.0", "x/../1.0"):
        problem_of(await http.get(f"/schemas/{unknown}.json"), 404, "not_found")


async def test_openapi_names_each_operation_and_what_its_answers_carry(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    assert [server["url"] for server in document["servers"]] == ["/"]
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    assert {"read_party", "create_party", "list_parties"} <= set(operations)
    assert all(each["description"] for each in operations.values())
    assert operations["create_party"]["security"] == [{"bearer": ["crm:write"]}]
    assert "security" not in operations["newest"]
    listed = operations["list_parties"]["responses"]["200"]["headers"]
    assert set(listed) == {"X-Request-ID", "Link"}
    assert document["components"]["headers"].keys() >= listed.keys()


async def test_openapi_describes_the_problems(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    assert "HTTPValidationError" not in json.dumps(document)
    for operations in document["paths"].values():
        for operation in operations.values():
            schema = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status"]
    assert "/healthz" not in document["paths"]
    assert document["paths"]["/v1/parties"]["post"]["security"]

"""Problem documents (RFC 9457): the one form of every error that HTTP answers.

`type` is `urn:rapport:problem:<reason>` and stable; `detail` is for people. No document holds a value of the request.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.errors import BadRecord, Refused, field_of
from shared.http.wellformed import Unfit

MEDIA_TYPE = "application/problem+json"
_REASONS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    503: "unavailable",
}
_BODY = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"description": "A value that cannot be accepted; `errors` names the fields.", **_BODY},
    "default": {"description": "Any other error.", **_BODY},
}

log = structlog.get_logger()


class FieldError(BaseModel):
    """`field` is a path such as `body.lines.0.sku`."""

    field: str
    reason: str
    detail: str


class Problem(BaseModel):
    """An error; `state` is the current state where an update was refused as stale."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None
    state: Any = None


class ProblemResponse(Response):
    media_type = MEDIA_TYPE


def problem(
    status: int,
    reason: str,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **members: object,
) -> Response:
    document = {
        "type": f"urn:rapport:problem:{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **members,
    }
    body = to_json({name: value for name, value in document.items() if value is not None})
    return ProblemResponse(body, status, dict(headers) if headers else None)


def answer_problems(app: FastAPI) -> None:
    """Every error of the app's routes becomes a problem document; what nobody expected is left to `requests`."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(BadRecord, _bad_record)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, Refused)
    return refusal(error)


def refusal(error: Refused, headers: Mapping[str, str] | None = None) -> Response:
    errors = [{"field": error.field, "reason": error.reason, "detail": str(error)}] if error.field else None
    own: Mapping[str, str] = getattr(error, "headers", {})
    both = {**own, **(headers or {})}
    return problem(error.status, error.reason, str(error), headers=both, errors=errors, state=error.state)


def unfit(error: Unfit) -> Response:
    return problem(422, "invalid", f"not acceptable: {error.error['field']}", errors=[error.error])


async def _bad_record(request: Request, error: Exception) -> Response:
    """What an event's handler would park, a request is answered with."""
    del request
    assert isinstance(error, BadRecord)
    detail = error.detail or str(error)
    errors = [{"field": error.field, "reason": error.reason, "detail": detail}] if error.field else None
    return problem(422, error.reason, detail, errors=errors)


async def _invalid_request(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    errors = [
        {"field": _place_of(entry, error.body), "reason": entry["type"], "detail": entry["msg"]}
        for entry in error.errors()
    ]
    detail = "not acceptable: " + ", ".join(entry["field"] for entry in errors)
    return problem(422, "invalid", detail, errors=errors)


def _place_of(entry: Mapping[str, Any], body: object) -> str:
    """A path such as `body.lines.0.sku`; where JSON itself is broken, `body` and not a position in it."""
    if entry["type"] == "json_invalid":
        return "body"
    if entry["loc"][0] != "body":
        return ".".join(str(part) for part in entry["loc"])
    return field_of(entry, {"body": body})


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Unfit):
        return unfit(error)
    if error.status_code == 405:  # the router names the methods of one route of the path
        headers = {"Allow": request.app.state.routes.methods_of(request.url.path)}
        return problem(405, "method_not_allowed", error.detail, headers=headers)
    reason = _REASONS.get(error.status_code, f"http_{error.status_code}")
    return problem(error.status_code, reason, error.detail, headers=error.headers)

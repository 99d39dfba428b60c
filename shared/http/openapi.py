"""The OpenAPI document of a service, with what holds for every route: servers, problems, and headers of answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.http.problems import Problem
from shared.http.routes import ServedRoutes

Json = dict[str, Any]
_ABOUT = """Errors are problem documents (RFC 9457) with a stable `type`. Lists page by `cursor` and `limit`; `Link` and
`next_cursor` name the next page. A write may carry an `Idempotency-Key`, an update `If-Match` with the ETag that it was
decided on. Tokens are bearer JWTs; each operation names the scope that opens it."""
_TEXT: Json = {"schema": {"type": "string"}}
HEADERS: Mapping[str, Json] = {
    "X-Request-ID": {
        **_TEXT,
        "description": "The request's own id, or one that was given to it; every log line has it.",
    },
    "ETag": {**_TEXT, "description": "The version, to send as If-Match, or as If-None-Match for a 304."},
    "Location": {**_TEXT, "description": "Where what was made is read."},
    "Link": {**_TEXT, "description": 'The next page, as `<…>; rel="next"`; left out on the last one.'},
    "Idempotent-Replayed": {**_TEXT, "description": "`true` where this is the stored answer of an earlier request."},
    "Retry-After": {**_TEXT, "description": "Seconds to wait before the next try."},
    "WWW-Authenticate": {**_TEXT, "description": "Which token or scope is missing."},
}
_OF_ERRORS = ("X-Request-ID", "Retry-After", "WWW-Authenticate")


def answers_with(status: int, *headers: str) -> dict[int | str, Json]:
    return {status: {"headers": _references(headers)}}


def operation_id(route: APIRoute) -> str:
    """The handler's own name: what a generated client calls it."""
    return route.name


def describe(app: FastAPI, routes: ServedRoutes, port: int) -> None:
    """Makes the application's document say what every route has in common. Raises ValueError for a name taken twice."""
    generate = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            document = generate()
            document["info"]["description"] = _ABOUT
            document["servers"] = [{"url": "/", "description": "Where this document came from."}]
            if port:
                here = {"url": f"http://127.0.0.1:{port}", "description": "This machine, where nothing else is set."}
                document["servers"].append(here)
            _add_components(document.setdefault("components", {}))
            _describe_operations(
                document, {(route.path, each): route.scope for route in routes.all for each in route.methods}
            )
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add_components(components: Json) -> None:
    """The schema that RESPONSES refer to takes the place of FastAPI's own."""
    schemas = components.setdefault("schemas", {})
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(own.pop("$defs"), Problem=own)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["headers"] = dict(HEADERS)


def _describe_operations(document: Json, scopes: Mapping[tuple[str, str], str | None]) -> None:
    seen: set[str] = set()
    for path, method, operation in _operations(document):
        name = operation["operationId"]
        if name in seen:
            raise ValueError(f"two handlers are called {name}: a client has one place for both, rename one")
        seen.add(name)
        if scope := scopes.get((path, method)):
            operation["security"] = [{"bearer": [scope]}]
        operation.setdefault("description", operation["summary"])
        document["components"]["schemas"].update(operation.pop("components", {}).get("schemas", {}))
        for status, response in operation["responses"].items():
            more = _OF_ERRORS if status == "default" else ("X-Request-ID", *_of_success(operation, status))
            response["headers"] = {**_references(more), **response.get("headers", {})}


def _of_success(operation: Json, status: str) -> Iterator[str]:
    if not status.startswith("2"):
        return
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "Idempotency-Key" in names:
        yield "Idempotent-Replayed"
    if {"cursor", "limit"} <= names:
        yield "Link"


def _references(names: tuple[str, ...]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method.upper(), operation

"""The documents of a service. A page loads nothing from elsewhere and has no inline script."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from shared.asyncapi import asyncapi, page
from shared.errors import NotFound
from shared.events.contract import contracts
from shared.http.auth import requires
from shared.http.readiness import Serving, service_of

_CONTRACTS = Path(__file__).parent.parent / "contracts"
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}")
READS = [Depends(requires("crm:read"))]
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"
});
"""
_VIEWER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="data:,"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
# Swagger's viewer writes styles into its own elements; scripts come from here only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}

pages = APIRouter(include_in_schema=False)


@pages.get("/openapi.json", dependencies=READS)
async def openapi_json(request: Request) -> Response:
    return Response(to_json(await run_in_threadpool(request.app.openapi)), media_type="application/json")


@pages.get("/docs", dependencies=READS)
async def docs(request: Request) -> Response:
    return HTMLResponse(_VIEWER.format(title=request.app.title), headers=_HEADERS)


@pages.get("/docs/{name}")
async def docs_asset(name: str) -> Response:
    # A browser asks for the files of a page without a token.
    if name == "start.js":
        return Response(_START, media_type="text/javascript", headers=_HEADERS)
    if name not in _ASSETS:
        raise NotFound("the viewer has no such file")
    content = await run_in_threadpool((files("fastapi_offline") / "static" / name).read_bytes)
    return Response(content, media_type=_ASSETS[name], headers={**_HEADERS, "Cache-Control": "max-age=86400"})


@pages.get("/asyncapi.json", dependencies=READS)
async def asyncapi_json(service: Annotated[Serving, Depends(service_of)]) -> Response:
    return Response(to_json(await run_in_threadpool(asyncapi, service)), media_type="application/json")


@pages.get("/asyncapi", dependencies=READS)
async def asyncapi_page(service: Annotated[Serving, Depends(service_of)]) -> Response:
    document = await run_in_threadpool(asyncapi, service)
    return HTMLResponse(page(document), headers=_HEADERS)


@pages.get("/schemas/{topic}/{type_}/{version}.json", dependencies=READS)
async def schema_json(topic: str, type_: str, version: str) -> Response:
    """The JSON Schema of a version of a type, by its `$id`; `ce_dataschema` names the same version."""
    if not any((entry.topic, entry.type) == (topic, type_) for entry in contracts()) or not _VERSION.fullmatch(version):
        raise NotFound("no type of this topic has this name")
    file = _CONTRACTS / topic / type_ / f"{version}.json"
    if not await run_in_threadpool(file.is_file):
        raise NotFound("the type has no such version")
    return Response(await run_in_threadpool(file.read_bytes), media_type="application/schema+json")

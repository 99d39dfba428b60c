"""Every route of every service, and the scope that opens it."""

import json
import os
import subprocess
import sys

import pytest

from shared.run.discovery import SERVICES
from tools.documents.openapi import ENVIRONMENT, ROOT

# Nothing but what an orchestrator asks, and the files of the viewer, is open without a token of the issuer.
OPEN = {"/healthz", "/readyz", "/metrics", "/docs/{name}"}
# Opened by a token of their own in the path, or by a provider's signature; they show nothing else.
SIGNED = ("/v1/unsubscribe/", "/v1/preferences/", "/v1/links/", "/v1/surveys/answers/", "/v1/webhooks/")
LIST = """
import json, sys
from shared.http.routes import ServedRoutes
from shared.run.discovery import create_app
routes = ServedRoutes(create_app(sys.argv[1]).routes).all
print(json.dumps([[route.path, sorted(route.methods - {"HEAD"}), route.scope] for route in routes]))
"""


def expected(method: str, path: str) -> str | None:
    """Reading, writing, operating; erasure is allowed to few."""
    if path in OPEN or path.startswith(SIGNED):
        return None
    if path.startswith("/v1/operations/"):
        return "crm:admin"
    if path.startswith("/v1/erasures") and method != "GET":
        return "crm:erase"
    return "crm:read" if method == "GET" else "crm:write"


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_is_opened_by_one_scope(service: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")} | ENVIRONMENT
    command = [sys.executable, "-c", LIST, service]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    routes = [(method, path, scope) for path, methods, scope in json.loads(done.stdout) for method in methods]
    assert {path for _, path, _ in routes} >= {*OPEN, "/docs", "/openapi.json", "/asyncapi.json"}
    assert [route for route in routes if route[2] != expected(route[0], route[1])] == []

"""Every route of every service, and the scope that opens it."""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from shared.run.discovery import SERVICES
from tools.documents.openapi import ENVIRONMENT, ROOT

# Nothing but what an orchestrator asks, and the files of the viewer, is open without a token of the issuer.
OPEN = {"/healthz", "/readyz", "/metrics", "/docs/{name}"}
# Opened by a token of their own in the path, or by a provider's signature; they show nothing else.
SIGNED = ("/v1/unsubscribe/", "/v1/preferences/", "/v1/links/", "/v1/surveys/answers/", "/v1/webhooks/")
OWN = {"/v1/changes"}
"""What a customer reads of the one party that the token names: of changes, those that are about that party."""


class Asked(NamedTuple):
    method: str
    path: str
    scope: str | None
    nobody: int
    customer: int


def expected(method: str, path: str) -> str | None:
    """Reading, writing, operating; erasing, and reading all that is kept of somebody, is allowed to few."""
    if path in OPEN or path.startswith(SIGNED):
        return None
    if path.startswith("/v1/operations/") or path == "/v1/models/{name}/promote":
        return "crm:admin"
    if path.startswith("/v1/archives/") or (path.startswith("/v1/erasures") and method != "GET"):
        return "crm:erase"
    return "crm:read" if method == "GET" else "crm:write"


@pytest.fixture(scope="module", params=SERVICES)
def asked(request: pytest.FixtureRequest) -> list[Asked]:
    """Every route of a service, with what nobody and what a customer is answered there."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")} | ENVIRONMENT
    command = [sys.executable, "-m", "tests.contract.asking", request.param]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return [Asked(*json.loads(line)) for line in done.stdout.splitlines() if line.startswith("[")]


def test_every_route_is_opened_by_one_scope(asked: list[Asked]) -> None:
    assert {each.path for each in asked} >= {*OPEN, "/docs", "/openapi.json", "/asyncapi.json"}
    assert [each for each in asked if each.scope != expected(each.method, each.path)] == []


def test_nobody_comes_in_without_a_token_and_a_customer_nowhere_yet(asked: list[Asked]) -> None:
    """`party:own` is for one's own party alone: whoever opens a route to it says so in `OWN`, and by which rule."""
    closed = [each for each in asked if each.scope is not None]
    assert closed
    assert [each for each in closed if each.nobody != 401] == []
    assert [each for each in closed if each.path not in OWN and each.customer != 403] == []

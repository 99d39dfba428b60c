"""What the four services promise over HTTP, asked of the running services with tokens as in production.

Schemathesis makes requests from each OpenAPI document, sound and unsound ones, and compares every answer with it.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from shared.events.topics import topics_of
from shared.run.discovery import SERVICES
from tests.contract.fields import Request, odd_fields, odd_parameters
from tests.stack import make_stack, started
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

pytestmark = [pytest.mark.stack, pytest.mark.slow]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
# A stream of changes ends by itself only where it was asked to.
STREAMS_END = """
[[operations]]
include-path = "/v1/changes"
parameters = { seconds = 0 }
"""
EXAMPLES = os.environ.get("EXAMPLES", "10")


def bearer(**claims: object) -> str:
    return "Bearer " + token("EdDSA", exp=time.time() + 3_600, **claims)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """The four services, with an issuer of their own."""
    folder: Path = tmp_path_factory.mktemp("http")
    (folder / "jwks.json").write_text(jwks("EdDSA"))
    environment = {
        "RAPPORT_AUTH__MODE": "jwt",
        "RAPPORT_AUTH__ISSUER": ISSUER,
        "RAPPORT_AUTH__AUDIENCE": AUDIENCE,
        "RAPPORT_AUTH__JWKS": str(folder / "jwks.json"),
        "RAPPORT_CONTACTS__PSEUDONYM_KEY": "of-a-test-and-long-enough-for-a-key",
    }
    with started(make_stack(folder / "stack", env=environment)) as running:
        yield running


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_no_request_gets_an_answer_that_is_not_described(service: str, stack: EmbeddedStack) -> None:
    scopes = "crm:read crm:write crm:admin crm:erase"
    options = ["--checks", ",".join(CHECKS), "--phases", "examples,fuzzing", "--max-examples", EXAMPLES, "--seed", "7"]
    options += ["--suppress-health-check", "all"]  # a busy machine makes data slowly
    settings = stack.folder.path / "schemathesis.toml"
    settings.write_text(STREAMS_END)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
            *("run", stack.url(service) + "/openapi.json"),
            *("-H", f"Authorization: {bearer(scope=scopes)}", "--continue-on-failure", "--no-color", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=max(280, 6 * int(EXAMPLES)),
    )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert " passed" in done.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_parameter_or_field_cannot_be_is_refused_by_its_name(service: str, stack: EmbeddedStack) -> None:
    """Null, empty, absent, NUL, no text and numbers out of bounds, in every place of every operation."""
    headers = {"Authorization": bearer(scope="crm:read crm:write crm:admin crm:erase")}
    with httpx.Client(base_url=stack.url(service), headers=headers, timeout=30) as http:
        document = http.get("/openapi.json").json()
        faults = [fault for each in odd_parameters(document) if (fault := _parameter_fault(http, each))]
        faults += [fault for each in odd_fields(document) if (fault := _field_fault(_ask(http, each), each))]
    assert faults == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_refuses_a_parameter_that_it_does_not_have(service: str, stack: EmbeddedStack) -> None:
    headers = {"Authorization": bearer(scope="crm:read crm:write crm:admin crm:erase")}
    taken = []
    with httpx.Client(base_url=stack.url(service), headers=headers, timeout=30) as http:
        for path, operations in http.get("/openapi.json").json()["paths"].items():
            for method in operations:
                answer = http.request(method, re.sub("{[^}]*}", str(uuid4()), path) + "?no_such_parameter=1")
                if path not in SIGNED and "query.no_such_parameter" not in answer.text:
                    taken.append((method, path, answer.status_code))
    assert taken == []


def _ask(http: httpx.Client, asked: Request) -> httpx.Response:
    kind = {} if asked.body is None else {"Content-Type": "application/json"}
    ends = "&seconds=0" if asked.address.startswith("/v1/changes") and asked.field != "query.seconds" else ""
    return http.request(asked.method, asked.address + ends, content=asked.body, headers=kind)


def _parameter_fault(http: httpx.Client, asked: Request) -> str | None:
    """A parameter is refused by its name, where it is a list with the place in it, or it is as if it were left out, or
    nothing is found.
    """
    answer = _ask(http, asked)
    told = f"{asked.method} {asked.address[:100]} ({asked.field}: {asked.odd}): {answer.status_code}"
    if answer.status_code == 422:
        fields = {error["field"].removeprefix("query.") for error in answer.json().get("errors", ())}
        named = fields | {re.sub(r"\.\d+$", "", field) for field in fields}
        return None if named & {asked.field, asked.field.removeprefix("query."), "path"} else f"{told} names {named}"
    if answer.status_code == 200 and asked.odd in {"empty", "blank"} and asked.field.startswith("query."):
        if answer.headers["content-type"].startswith("text/event-stream"):
            return None  # tests/integration/shared/test_change_streams.py says what it tells
        without = http.request(asked.method, asked.address.partition("?")[0])
        return None if without.json() == answer.json() else f"{told} is not as if it were left out"
    if answer.status_code == 200 and asked.odd in {"nul", "a nul within", "no text"}:
        return told
    return None if answer.status_code in {200, 404, 405, 414} else told


def _field_fault(answer: httpx.Response, asked: Request) -> str | None:
    told = f"{asked.method} {asked.address} ({asked.field}: {asked.odd}): {answer.status_code}"
    if answer.status_code >= 500:
        return told
    if answer.status_code == 422 and not answer.json().get("errors"):
        return f"{told} names nothing"
    return None


SIGNED = {
    "/v1/unsubscribe/{token}": 404,
    "/v1/preferences/{token}": 404,
    "/v1/surveys/answers/{token}": 404,
    "/v1/links/{token}": 404,
    "/v1/links/{token}/opened.gif": 404,
    "/v1/links/{token}/video": 404,
    "/v1/links/{token}/watched": 422,
    "/v1/webhooks/{provider}": 404,
    "/v1/webhooks/mail": 401,
}
"""Opened by a signature, in their path or over what is delivered, and by nothing else; what those without it get."""


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_needs_a_token_with_a_scope(service: str, stack: EmbeddedStack) -> None:
    with httpx.Client(base_url=stack.url(service)) as http:
        document = (http.get("/openapi.json", headers={"Authorization": bearer(scope="crm:read")})).json()
        operations = [(method, path) for path, methods in document["paths"].items() for method in methods]
        assert operations
        for method, template in operations:
            path = re.sub(r"{\w+}", "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11", template)
            assert path.startswith("/v1/")
            if template in SIGNED:
                assert (http.request(method, path)).status_code == SIGNED[template], template
                continue
            assert (http.request(method, path)).status_code == 401, template
            refused = http.request(method, path, headers={"Authorization": bearer(scope="party:own")})
            # A body or query that is missing may be told first.
            assert refused.json()["type"].rpartition(":")[2] in {"missing_scope", "invalid"}, template
            assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("service", SERVICES)
def test_operators_and_readers_are_answered_without_one(service: str, stack: EmbeddedStack) -> None:
    with httpx.Client(base_url=stack.url(service)) as http:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (http.get(path)).status_code == 200, path
        ready = (http.get("/readyz")).json()
        assert ready["status"] == "ok"
        assert {check["name"] for check in ready["checks"]} >= {"database", "relay"}
        described = (http.get("/asyncapi.json", headers={"Authorization": bearer(scope="crm:read")})).json()
        assert described["asyncapi"].startswith("3.")
        actions = {"send", "receive"} if topics_of(f"/{service}") else {"receive"}
        assert {operation["action"] for operation in described["operations"].values()} == actions

"""`python -m shared.run.serve` as a process: real sockets, real signals, real exit statuses."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.embedded.ports import free_port
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

SERVICE = """
import asyncio, gc, sys
from contextlib import asynccontextmanager
from typing import Annotated
from fastapi import APIRouter, Depends
from shared.http.app import Principal, build_app, requires
from shared.telemetry.logging import configure_logging
from shared.engine.change_feed import ChangeFeed
from shared.engine.checks import Check
from shared.settings import ServiceSettings

class Toy:
    name = "toy"
    changes = ChangeFeed(lambda: None)
    async def start(self):
        print("started", type(asyncio.get_running_loop()).__module__)
    async def stop(self):
        print("stopped")
    async def ready(self):
        return [Check("database", "failing", "no answer")]
    def read(self):
        raise ConnectionError("there is no database")

router = APIRouter()

@router.get("/v1/slow")
async def slow(principal: Annotated[Principal, Depends(requires("crm:read"))]):
    await asyncio.sleep(0.5)
    return {"frozen": gc.get_freeze_count() > 0, "threshold": gc.get_threshold()[0]}

def create_app():
    settings = ServiceSettings()
    configure_logging(settings.log)
    return build_app(Toy(), settings, [router])
"""
START = """
import services, sys
services.__path__.append(sys.argv[1])
from shared.run.serve import main
sys.exit(main(["toy"]))
"""


class Running:
    """A served toy; `http` speaks to it."""

    def __init__(self, folder: Path, **changes: str) -> None:
        (folder / "toy").mkdir()
        (folder / "toy" / "__init__.py").touch()
        (folder / "toy" / "main.py").write_text(SERVICE)
        (folder / "jwks.json").write_text(jwks("EdDSA"))
        self.port = free_port(set())
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "RAPPORT_KAFKA__BROKERS": "127.0.0.1:9",
            "RAPPORT_DATABASE__DSN": "postgresql://nowhere",
            "RAPPORT_HTTP__PORT": str(self.port),
            "RAPPORT_AUTH__ISSUER": ISSUER,
            "RAPPORT_AUTH__AUDIENCE": AUDIENCE,
            "RAPPORT_AUTH__JWKS": str(folder / "jwks.json"),
            **changes,
        }
        arguments = [sys.executable, "-c", START, str(folder)]
        self.process = subprocess.Popen(
            arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"Authorization": f"Bearer {token('EdDSA')}"}
        )

    def wait(self) -> None:
        for _ in range(1_200):
            with contextlib.suppress(httpx.ConnectError):
                self.http.get("/healthz")
                return
            time.sleep(0.05)
        raise AssertionError(self.end())

    def end(self) -> tuple[int, str, str]:
        """Exit status, output, errors."""
        self.http.close()
        output, errors = self.process.communicate(timeout=60)
        return self.process.returncode, output, errors


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    running.wait()
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.end()


def test_a_request_in_flight_is_answered_before_the_end(toy: Running) -> None:
    request = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import httpx, sys; print(httpx.get(sys.argv[1], headers={'Authorization': sys.argv[2]}).text)",
            f"http://127.0.0.1:{toy.port}/v1/slow",
            f"Bearer {token('EdDSA')}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    in_flight = re.compile(r'rapport_http_requests_in_flight{service="toy"} 2')
    while not in_flight.search(toy.http.get("/metrics").text):
        assert request.poll() is None
    toy.process.send_signal(signal.SIGTERM)
    assert request.communicate(timeout=60)[0] == '{"frozen":true,"threshold":50000}\n'
    status, output, errors = toy.end()
    assert (status, errors) == (0, "")
    assert output.startswith("started uvloop")
    assert output.endswith("stopped\n")
    assert '"route":"/v1/slow","status":200' in output


def test_operators_are_answered_over_a_real_socket(toy: Running) -> None:
    assert toy.http.get("/readyz").status_code == 503
    assert toy.http.get("/v1/slow", headers={"Authorization": "Bearer x"}).status_code == 401
    answer = toy.http.post("/v1/slow", content=b"x")
    assert answer.status_code == 405
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"RAPPORT_HTTP__PORT": "eighty", "RAPPORT_KAFKA__BROKERS": ""},
            ("RAPPORT_HTTP__PORT: ", "RAPPORT_KAFKA__BROKERS: "),
        ),
        ({"RAPPORT_ENGIN__PACE_MS": "7"}, ("RAPPORT_ENGIN__PACE_MS is no setting: ", "RAPPORT_ENGINE__PACE_MS")),
        ({"RAPPORT_DATABASE__DSN": "nonsense"}, ("RAPPORT_DATABASE__DSN: ",)),
    ],
)
def test_a_configuration_error_is_one_line_and_status_2(
    wrong: dict[str, str], said: tuple[str, ...], tmp_path: Path
) -> None:
    status, output, errors = Running(tmp_path, **wrong).end()
    assert (status, output) == (2, "")
    assert errors.startswith("toy cannot start: RAPPORT_")
    assert all(part in errors for part in said)
    assert errors.count("\n") == 1


def test_a_collector_that_is_away_fails_no_request_and_holds_up_no_end(tmp_path: Path) -> None:
    away = {"RAPPORT_TRACING__ENDPOINT": "http://127.0.0.1:9/v1/traces", "RAPPORT_TRACING__RATIO": "1"}
    running = Running(tmp_path, **away)
    running.wait()
    assert running.http.get("/v1/slow").status_code == 200
    assert 'rapport_spans_total{outcome="made",service="toy"} 1.0' in running.http.get("/metrics").text
    stopping = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    status, output, errors = running.end()
    assert (status, errors) == (0, "")
    assert output.endswith("stopped\n")
    assert time.monotonic() - stopping < 10


def test_a_port_that_is_taken_is_said_and_no_success(toy: Running, tmp_path_factory: pytest.TempPathFactory) -> None:
    second = Running(tmp_path_factory.mktemp("second"), RAPPORT_HTTP__PORT=str(toy.port))
    status, output, errors = second.end()
    assert (status, output) == (2, "")
    assert errors == (
        f"toy cannot start: RAPPORT_HTTP__PORT={toy.port} cannot be had on RAPPORT_HTTP__HOST=127.0.0.1 "
        "(Address already in use)\n"
    )


@pytest.mark.parametrize("host", ["no.host.invalid", "203.0.113.7"])
def test_a_host_that_is_not_this_machines_is_said(host: str, tmp_path: Path) -> None:
    status, output, errors = Running(tmp_path, RAPPORT_HTTP__HOST=host).end()
    assert (status, output) == (2, "")
    assert f"RAPPORT_HTTP__HOST={host}" in errors
    assert errors.count("\n") == 1


def test_an_unknown_service_gets_the_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared.run.serve", "suport"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m shared.run.serve")

"""`make run` as a person or a program meets it: started as a process, watched from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.embedded import EmbeddedStack
from deploy.embedded.ports import HOST, Ports, free_port
from deploy.embedded.process import ROOT

pytestmark = pytest.mark.stack


class Run:
    """One `python -m deploy.embedded run` without services, on free ports."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.ports = {"kafka": free_port(set())}
        self.ports["postgres"] = free_port(set(self.ports.values()))
        asked = [f"{name}={port}" for name, port in self.ports.items()]
        command = [sys.executable, "-m", "deploy.embedded", "run", "--data", str(folder), "--services"]
        self.process = subprocess.Popen(
            [*command, "--ports", *asked, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def addresses(self) -> dict[str, Any]:
        """As soon as they are written."""
        file = self.folder / "addresses.json"
        until(lambda: file.exists() or self.process.poll() is not None)
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return found

    def has_other_pid(self, name: str, pid: int) -> bool:
        return self.addresses()["pids"].get(name) not in {None, pid}

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and all that it printed."""
        self.process.send_signal(number)
        printed, _ = self.process.communicate(timeout=60)
        return self.process.returncode, printed


def until(holds: Callable[[], bool], within: float = 90) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    started = Run(folder)
    yield started
    if started.process.poll() is None:
        started.end()


def test_it_names_where_everything_is_and_stops_cleanly(run: Run) -> None:
    addresses = run.addresses()
    assert addresses["folder"] == str(run.folder)
    assert addresses["kafka"] == f"127.0.0.1:{run.ports['kafka']}"
    assert set(addresses["pids"]) == {"kafka", "postgres"}
    assert all(psutil.pid_exists(pid) for pid in addresses["pids"].values())

    status, printed = run.end(signal.SIGINT)

    assert status == 0, printed
    assert not any(psutil.pid_exists(pid) for pid in addresses["pids"].values())
    assert not (run.folder / "addresses.json").exists()


def test_what_dies_is_started_again_and_the_addresses_say_so(run: Run) -> None:
    before = run.addresses()["pids"]
    for name in ("postgres", "kafka"):
        os.kill(before[name], signal.SIGKILL)
        until(partial(run.has_other_pid, name, before[name]))
        socket.create_connection(("127.0.0.1", run.ports[name]), timeout=5).close()


def test_nothing_is_left_behind_when_the_supervisor_itself_is_killed_and_the_data_is_kept(folder: Path) -> None:
    first = Run(folder)
    pids = first.addresses()["pids"].values()
    (folder / "addresses.json").unlink()
    first.end(signal.SIGKILL)

    second = Run(folder)  # at once: it waits for what is still stopping
    assert not set(second.addresses()["pids"].values()) & set(pids)
    if sys.platform == "linux":
        assert not any(psutil.pid_exists(pid) for pid in pids)
    assert second.end()[0] == 0


def test_a_second_start_with_data_kept_does_not_do_the_work_of_the_first_again(folder: Path) -> None:
    made = [_end_of_a_start(folder) for _ in range(2)]
    assert made[0] == made[1]


def _end_of_a_start(folder: Path) -> dict[str, int]:
    """When its cluster and its log were made, which takes most of a first start."""
    run = Run(folder)
    run.addresses()
    assert run.end()[0] == 0
    return {name: (folder / name).stat().st_mtime_ns for name in ("postgres/PG_VERSION", "kafka/meta.properties")}


def test_a_second_run_over_the_same_folder_is_refused(run: Run) -> None:
    run.addresses()
    second = Run(run.folder)
    printed, _ = second.process.communicate(timeout=30)
    assert second.process.returncode == 1
    assert f"is in use by process {run.process.pid}. Stop that run first" in printed


def test_a_port_that_was_asked_for_and_is_taken_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = Run(folder, f"postgres={port}")
        printed, _ = refused.process.communicate(timeout=60)
    assert refused.process.returncode == 1
    assert f"Port {port}, asked for postgres, is taken" in printed


def test_no_password_stands_in_a_log(run: Run) -> None:
    run.addresses()
    run.end()
    secrets = json.loads((run.folder / "secrets.json").read_text("utf-8")).values()
    assert secrets
    assert (run.folder / "secrets.json").stat().st_mode & 0o077 == 0
    logs = "".join(log.read_text("utf-8", "replace") for log in (run.folder / "logs").iterdir())
    assert not any(secret in logs for secret in secrets)


async def test_a_port_that_another_program_takes_before_it_is_bound_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name's first port is taken right after it was found free."""
    others: dict[str, socket.socket] = {}
    choose = Ports.of

    def of(self: Ports, name: str) -> int:
        port = choose(self, name)
        if name not in others:
            others[name] = socket.create_server((HOST, port))
        return port

    monkeypatch.setattr(Ports, "of", of)
    said: list[str] = []
    try:
        async with EmbeddedStack(folder, services=["support"], say=said.append) as stack:
            taken = {name: other.getsockname()[1] for name, other in others.items()}
            kept = json.loads((folder / "ports.json").read_text("utf-8"))
            assert taken.keys() == kept.keys()
            assert not set(taken.values()) & set(kept.values())
            assert stack.url("support").endswith(f":{kept['support']}")
        assert any("support was taken by another program" in line for line in said)
    finally:
        for other in others.values():
            other.close()

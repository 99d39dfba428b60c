"""Lines of ours and of libraries leave in one form. A process of its own, since logging belongs to a whole process."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import asyncio, logging, sys, warnings
import structlog
from shared.telemetry.logging import configure_logging
from shared.settings import LogSettings

configure_logging(LogSettings(level=sys.argv[2], format=sys.argv[1]))
log = structlog.get_logger()
structlog.contextvars.bind_contextvars(request_id="r-1")
log.debug("hidden_at_info")
log.info("sales_followed", sales=3, names=("ø",))
try:
    try:
        {}["ada@example.com"]
    except KeyError as error:
        raise ConnectionError("the broker is away") from error
except ConnectionError as error:
    log.exception("batch_failed")
    log.warning("batch_repeated", reason=error)
    logging.getLogger("aiokafka.consumer").error("Heartbeat failed", exc_info=True)
logging.getLogger("faststream.access.kafka").warning("Received", extra={"topic": "crm.sales", "group_id": "a.b"})
logging.getLogger("aiokafka").info("hidden")
logging.getLogger("uvicorn.error").warning("On port %d", 8101)
logging.getLogger("uvicorn.access").error("hidden")
logging.getLogger("aiokafka").error("Failed: %s", ValueError("ada@example.com"))
async def fails():
    raise ValueError("ada@example.com")
async def forget():
    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
asyncio.run(forget())
warnings.warn("old", DeprecationWarning)
"""


def run(form: str, level: str = "info") -> str:
    arguments = [sys.executable, "-W", "default", "-c", PROGRAM, form, level]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def lines() -> dict[str, dict[str, Any]]:
    parsed = [json.loads(line) for line in run("auto").splitlines()]
    return {line["event"]: line for line in parsed}


def test_a_line_has_its_context_level_time_and_fields(lines: dict[str, dict[str, Any]]) -> None:
    line = lines["sales_followed"]
    assert line.pop("time").endswith("+00:00")
    assert line == {"event": "sales_followed", "level": "info", "sales": 3, "names": ["ø"], "request_id": "r-1"}


def test_libraries_speak_through_the_same_pipeline(lines: dict[str, dict[str, Any]]) -> None:
    assert lines["On port 8101"]["logger"] == "uvicorn.error"
    assert lines["On port 8101"]["request_id"] == "r-1"
    assert (lines["Received"]["topic"], lines["Received"]["group_id"]) == ("crm.sales", "a.b")
    assert lines["Failed: ValueError"]["level"] == "error"
    assert lines["Task exception was never retrieved"]["error"] == "ValueError"
    assert any("DeprecationWarning: old" in event for event in lines)


def test_what_only_repeats_ours_is_not_logged(lines: dict[str, dict[str, Any]]) -> None:
    assert not any("hidden" in event for event in lines)


def test_an_exception_is_its_kind_its_places_and_its_causes(lines: dict[str, dict[str, Any]]) -> None:
    for event in ("batch_failed", "Heartbeat failed"):
        line = lines[event]
        assert line["error"] == "ConnectionError: the broker is away"
        assert line["causes"] == ["KeyError"]
        assert line["traceback"][-1].startswith("<string>:")
    assert lines["batch_repeated"]["reason"] == "ConnectionError: the broker is away"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.slow
def test_no_form_tells_a_value(form: str) -> None:
    written = run(form)
    assert "batch_failed" in written
    assert "ada@example.com" not in written


@pytest.mark.slow
def test_the_level_is_a_setting() -> None:
    assert "hidden_at_info" in run("json", "debug")
    assert "sales_followed" not in run("json", "warning")


UNWRITABLE = """
import json, logging, os, resource, sys, warnings
import structlog
from prometheus_client import REGISTRY
from shared.telemetry.logging import configure_logging
from shared.settings import LogSettings

class Odd:
    def __repr__(self):
        raise ValueError("no word about it")

def lost():
    return REGISTRY.get_sample_value("rapport_log_lines_lost_total")

configure_logging(LogSettings(format="json"))
log = structlog.get_logger()
where, result = sys.argv[1], os.dup(2)
if where == "full disk":
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
elif where == "broken pipe":
    reading, writing = os.pipe()
    os.close(reading)
    os.dup2(writing, 1)
elif where == "size limit":
    os.dup2(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT), 1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
elif where == "closed":
    os.close(1)
elif where == "closed object":
    sys.stdout.close()
os.close(2)
for turn in range(300):
    log.info("batch_applied", turn=turn, method="GET", name="\\udcff", odd=Odd())
    log.warning("batch_retried")
    try:
        raise KeyError("x")
    except KeyError:
        log.exception("batch_failed")
    logging.getLogger("aiokafka").error("%d turns %s", turn)
    logging.getLogger("asyncio").error("%d turns %s", turn)
    logging.getLogger("uvicorn").error("a plain one")
warnings.warn("old", DeprecationWarning)
os.write(result, json.dumps({"lost": lost()}).encode())
os._exit(0)
"""


@pytest.mark.parametrize("where", ["full disk", "broken pipe", "size limit", "closed", "closed object", "nothing"])
@pytest.mark.slow
def test_logging_never_raises_and_counts_what_is_lost(where: str, tmp_path: Path) -> None:
    """By /dev/full, a pipe without a reader and RLIMIT_FSIZE; also a field that nobody can render."""
    arguments = [sys.executable, "-W", "default", "-c", UNWRITABLE, where, str(tmp_path / "log")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    lost = json.loads(done.stderr)["lost"]
    # A library's line that lacks an argument is lost anywhere: two of the six kinds.
    assert (lost == 600) if where == "nothing" else (lost >= 1_700)

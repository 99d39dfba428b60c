"""The README's first event does what the README says."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]
README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PORTS = {"8101": "contacts", "8102": "marketing"}


def section(title: str) -> str:
    """What stands under a heading."""
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def paths_of_curl(text: str) -> list[tuple[str, str]]:
    """(service, path) of every curl line of the section, as `make run` serves them on the usual ports."""
    asked = re.findall(r"curl -s +'?localhost:(\d+)(/[^' ]+)", text)
    return [(PORTS[port], path) for port, path in asked]


def _items(url: str) -> list[Any]:
    found: list[Any] = httpx.get(url).json()["items"]
    return found


@pytest.fixture(scope="module")
def printed(stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the script prints: saved and run as the README tells, once the system has told its campaigns."""
    marketing = stack.url("marketing")
    while not _items(f"{marketing}/v1/campaigns") or httpx.get(f"{marketing}/v1/operations/outbox").json()["waiting"]:
        time.sleep(0.1)
    (code,) = blocks(section("Your first event"), "python")
    script = tmp_path_factory.mktemp("readme") / "first_event.py"
    script.write_text(code, "utf-8")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=script.parent,
        env={**outside, "BROKERS": stack.bootstrap},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_prints_what_happens(printed: str) -> None:
    assert re.findall(r"^crm\.\S+", printed, re.MULTILINE) == [
        "crm.enrolment.started.v1",
        "crm.message.planned.v1",
        "crm.message.sent.v1",
    ]
    for verb in ("enrolment.started", "message.planned", "message.sent"):
        assert f"crm.{verb}.v1" in section("Your first event")
    sent = json.loads(printed.rpartition("crm.message.sent.v1")[2])
    assert sent["campaign"] == "thanks"


async def test_the_three_questions_are_answered(printed: str, client: Client) -> None:
    assert printed
    (search, timeline, audit) = paths_of_curl(section("Your first event"))
    assert search == ("contacts", "/v1/parties?q=ada@example.com")
    (ada,) = (await client.get(*search))["items"]
    assert ada["name"] == "Ada Holm"

    async def history() -> list[str] | None:
        lines = (await client.get(timeline[0], timeline[1].replace("ID", ada["id"])))["items"]
        types = [line["type"] for line in lines]
        return types if {"crm.sale.completed.v1", "crm.message.sent.v1"} <= set(types) else None

    assert "crm.consent.given.v1" in await eventually(history, "her history")

    async def counted() -> Any:
        answer = await client.get(*audit)
        return answer if answer["one"] else None

    counts = await eventually(counted, "the audit of follow-ups")
    assert {name: counts[name] for name in ("sales", "one", "missing", "double")} == {
        "sales": 1,
        "one": 1,
        "missing": 0,
        "double": 0,
    }


def test_the_letter_lies_where_it_is_said(printed: str, stack: EmbeddedStack) -> None:
    assert "`.run/mail/new/`" in section("Your first event")
    assert printed
    letters = list((stack.folder.path / "mail" / "new").glob("*"))
    assert len(letters) == 1
    assert b"ada@example.com" in letters[0].read_bytes().lower()

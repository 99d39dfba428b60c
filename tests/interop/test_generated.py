"""Generators of others make clients and models of what the services serve, and these work."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import TypeAdapter

from deploy.embedded import EmbeddedStack
from shared.asyncapi.samples import sample_of
from shared.events.contract import contracts
from shared.events.topics import topics_of
from shared.run.discovery import SERVICES
from tests.interop.clients import HERE, NotHereError, build, need, run
from tools.documents.openapi import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.interop, pytest.mark.timeout(900)]
GENERATOR = "openapi-python-client==0.29.1"
USE_CLIENT = """
import sys
from rapport_client import Client
from rapport_client.api.parties import create_party, list_parties, read_party
from rapport_client.models import ReportedParty

with Client(base_url=sys.argv[1]) as client:
    made = create_party.sync(client=client, body=ReportedParty(name="Generated Client"))
    found = list_parties.sync(client=client, q="generated", limit=1)
    whole = read_party.sync(made.id, client=client)
    assert [card.id for card in found.items] == [made.id] == [whole.id]
    assert whole.name == "Generated Client"
    assert all(line.event_id for line in whole.timeline)
print(made.id)
"""
USE_MODELS = """
import importlib, json, sys
for line in sys.stdin:
    name, module, sample = json.loads(line)
    model = getattr(importlib.import_module(f"rapport_events.{module}"), name)
    print(model.model_validate(sample).model_dump_json(by_alias=True))
"""


def generate_client(document: Path, out: Path) -> None:
    """Skips the test where the generator cannot be had, and fails it where that has a word to say."""
    try:
        need("uv")
        generator = ("uv", "tool", "run", "--from", GENERATOR, "openapi-python-client")
        build(out.parent, *generator, "--version")
    except NotHereError as error:
        pytest.skip(f"no client was generated: {error}")
    options = ("--meta", "none", "--path", str(document), "--output-path", str(out), "--fail-on-warning")
    done = subprocess.run((*generator, "generate", *options), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(autouse=True)
def _tools_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_is_generated_with_every_operation_under_its_own_name(service: str, tmp_path: Path) -> None:
    file = ROOT / "docs" / "api" / f"{service}.openapi.json"
    generate_client(file, tmp_path / "rapport_client")
    document = json.loads(file.read_text("utf-8"))
    operations = {each["operationId"] for methods in document["paths"].values() for each in methods.values()}
    assert operations == {path.stem for path in (tmp_path / "rapport_client" / "api").glob("*/[!_]*.py")}


async def test_a_client_of_what_contacts_serves_writes_and_reads(stack: EmbeddedStack, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=stack.url("contacts")) as http:
        (tmp_path / "served.json").write_bytes((await http.get("/openapi.json")).content)
    generate_client(tmp_path / "served.json", tmp_path / "rapport_client")
    (tmp_path / "use.py").write_text(USE_CLIENT)
    assert await run([sys.executable, str(tmp_path / "use.py"), stack.url("contacts")])


@pytest.fixture(scope="session")
def modelina(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modelina")
    shutil.copytree(HERE / "modelina", folder, dirs_exist_ok=True)
    try:
        need("node", "npm")
        build(folder, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    except NotHereError as error:
        pytest.skip(f"no models were generated: {error}")
    return folder


async def test_models_of_every_event_read_what_we_write_and_write_what_we_read(
    stack: EmbeddedStack, modelina: Path, tmp_path: Path
) -> None:
    async with httpx.AsyncClient(base_url=stack.url("contacts")) as http:
        (tmp_path / "served.json").write_bytes((await http.get("/asyncapi.json")).content)
    documents = {tmp_path / "served.json": topics_of("/contacts"), ROOT / "docs" / "api" / "asyncapi.json": None}
    for number, (document, topics) in enumerate(documents.items()):
        out = tmp_path / str(number)
        out.mkdir()
        await run(["node", str(modelina / "generate.js"), str(document), str(out / "rapport_events")])
        (out / "use.py").write_text(USE_MODELS)
        entries = [entry for entry in contracts() if topics is None or entry.topic in topics]
        told = [(entry.model.__name__, _snake(entry.model.__name__), sample_of(entry)) for entry in entries]
        said = await run([sys.executable, str(out / "use.py")], "".join(json.dumps(each) + "\n" for each in told))
        assert len(entries) >= 10
        for entry, (_, _, sample), line in zip(entries, told, said.splitlines(), strict=True):
            back = TypeAdapter(dict[str, object]).validate_json(line)
            entry.adapter.validate_python(back)
            assert {name: back[name] for name in sample} == sample


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

"""The drill of a restore: a copy of the database's files, put back under services that run, and everything compared."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from deploy.embedded.process import ROOT
from tests.e2e.client import Client, eventually
from tests.faults.evidence import read_topics, sequence_faults
from tests.stack import make_stack, started

pytestmark = [pytest.mark.stack, pytest.mark.slow]
SERVICES = ("contacts", "marketing", "support", "forecasting")
CUSTOMERS = 6
TOLD = (
    "state",
    "party_ids",
    "because",
    "requested_by",
    "requested_at",
    "decided_by",
    "decided_at",
    "found",
    "lost",
    "confirmations",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    env = {"RAPPORT_KAFKA__SESSION_TIMEOUT_MS": "6000"}
    with started(make_stack(tmp_path_factory.mktemp("restore"), "embedded", env=env)) as running:
        yield running


async def test_after_a_restore_every_sale_stands_once_and_is_followed_once(stack: EmbeddedStack) -> None:
    """Sales before and after the copy, and after the recovery; a party over HTTP, a request; recovered twice. Two
    parties are erased after the copy, one of whom it does not know.
    """
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as client:
        customers = [f"ida-{number}-{uuid4()}" for number in range(CUSTOMERS)]
        for customer in customers[:-1]:
            await client.meet(customer)
        sales = await _sell(client, customers[:-1], "before")
        await _until_sent(client, sales)
        leaving = [await _create_party(stack)]
        asked = [await _ask_erasure(stack, leaving[0])]
        await stack.stop_part("postgres")
        copy = _copy(_data(stack), stack.folder.path / "copy")
        await stack.start_part("postgres")
        await _until_ready(stack, SERVICES)

        await client.meet(customers[-1])
        sales += await _sell(client, customers, "after")
        await client.tell("support.requested", f"help-{uuid4()}", customers[0], channel="email", subject="s", body="b")
        party = await _create_party(stack)
        leaving.append(await _create_party(stack))
        asked.append(await _ask_erasure(stack, leaving[1]))
        certificates = [await _approve_erasure(stack, each) for each in asked]
        _, opened = await client.find("crm.tickets", "ticket.opened")
        await _until_sent(client, sales)
        before = await read_topics(stack.bootstrap, ["crm.sales", "crm.campaigns", "crm.tickets", "crm.contacts"])

        await stack.kill_part("postgres")
        shutil.rmtree(_data(stack))
        copy.rename(_data(stack))
        await stack.start_part("postgres")
        await _until_refused(stack, ("contacts", "marketing", "support"))
        for service in (*SERVICES, *SERVICES):
            _recover(stack, service)
        await _until_ready(stack, SERVICES)
        sales += await _sell(client, customers, "last")
        await _until_sent(client, sales)

        after = await read_topics(stack.bootstrap, ["crm.sales", "crm.campaigns", "crm.tickets", "crm.contacts"])
        assert sequence_faults(after) == []
        assert {(r.topic, r.id) for r in before} <= {(r.topic, r.id) for r in after}
        events = list({r.id: r for r in after}.values())  # a relay may have sent one a second time
        told = Counter(r.data["sale_id"] for r in events if r.type == "crm.sale.completed.v1")
        assert told == Counter(sales)
        sent = Counter(r.data["trigger_event_id"] for r in events if r.type == "crm.message.sent.v1")
        assert sent == Counter({r.id: 1 for r in events if r.type == "crm.sale.completed.v1"})
        tickets = [r.data["number"] for r in events if r.type == "crm.ticket.opened.v1"]
        assert tickets == [opened["number"]]
        assert (await client.get("contacts", f"/v1/parties/{party}"))["name"] == "Written after the backup"
        for party_id, before_ in zip(leaving, certificates, strict=True):
            certificate = await _until_complete(stack, str(before_["id"]))
            assert {name: certificate[name] for name in TOLD} == {name: before_[name] for name in TOLD}
            assert set(certificate["left"].values()) == {0}
            assert await _status(stack, f"/v1/parties/{party_id}") == 410
        audit = await client.get("marketing", "/v1/audit/follow-ups")
        assert (audit["sales"], audit["one"], audit["double"], audit["missing"]) == (len(sales), len(sales), 0, 0)
        await eventually(lambda: _totals(client, customers, events), "the totals")


async def _sell(client: Client, customers: list[str], when: str) -> list[str]:
    sales = [f"{when}-{number}-{uuid4()}" for number in range(3 * len(customers))]
    for number, sale in enumerate(sales):
        await client.sell(customers[number % len(customers)], sale)
    return sales


async def _until_sent(client: Client, sales: list[str]) -> None:
    async def look() -> bool:
        triggers = {
            headers["ce_id"] for headers, data in await client.records("crm.sales") if data.get("sale_id") in set(sales)
        }
        sent = {
            data["trigger_event_id"]
            for headers, data in await client.records("crm.campaigns")
            if headers["ce_type"] == "crm.message.sent.v1"
        }
        return len(triggers) >= len(sales) and triggers <= sent

    await eventually(look, "a letter for every sale", within=120)


async def _totals(client: Client, customers: list[str], records: list[Any]) -> bool:
    """What the 360 view sums up for each party is what the topic says."""
    parties = Counter(r.data["party_id"] for r in records if r.type == "crm.sale.completed.v1")
    assert len(parties) == len(customers)
    found = {}
    for party in parties:
        (total,) = (await client.get("contacts", f"/v1/parties/{party}"))["totals"]
        found[party] = total["sales"]
    return found == parties


async def _create_party(stack: EmbeddedStack) -> str:
    profile = {"name": "Written after the backup", "identities": [{"type": "email", "value": f"{uuid4()}@x.example"}]}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{stack.url('contacts')}/v1/parties", json=profile)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _ask_erasure(stack: EmbeddedStack, party_id: str) -> str:
    body = {"party_id": party_id, "because": "asked for by letter", "by": "staff-1"}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{stack.url('contacts')}/v1/erasures", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _approve_erasure(stack: EmbeddedStack, erasure_id: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        url = f"{stack.url('contacts')}/v1/erasures/{erasure_id}/approve"
        answer = await http.post(url, json={"by": "staff-2"})
    assert answer.status_code == 200, answer.text
    return await _until_complete(stack, erasure_id)


async def _until_complete(stack: EmbeddedStack, erasure_id: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        async with httpx.AsyncClient() as http:
            found: dict[str, Any] = (await http.get(f"{stack.url('contacts')}/v1/erasures/{erasure_id}")).json()
        return found if found.get("complete") else None

    done: dict[str, Any] = await eventually(look, "a complete certificate", 90)
    return done


async def _status(stack: EmbeddedStack, path: str) -> int:
    async with httpx.AsyncClient() as http:
        return (await http.get(f"{stack.url('contacts')}{path}")).status_code


async def _until_ready(stack: EmbeddedStack, services: tuple[str, ...]) -> None:
    for service in services:
        await eventually(lambda service=service: _ready(stack, service, 200), f"{service} ready", within=90)  # type: ignore[misc]


async def _until_refused(stack: EmbeddedStack, services: tuple[str, ...]) -> None:
    for service in services:
        await eventually(lambda service=service: _ready(stack, service, 503, "restored: "), f"{service} refusing")  # type: ignore[misc]


async def _ready(stack: EmbeddedStack, service: str, status: int, word: str = "") -> bool:
    async with httpx.AsyncClient() as http:
        try:
            answer = await http.get(f"{stack.url(service)}/readyz")
        except httpx.HTTPError:
            return False
    return answer.status_code == status and word in answer.text


def _recover(stack: EmbeddedStack, service: str) -> Any:
    command = [sys.executable, "-m", "tools.rapport", "recover", service, "--reason", "a drill", "--json"]
    done = subprocess.run(
        [*command, "--stack", str(stack.folder.path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _data(stack: EmbeddedStack) -> Path:
    return stack.folder.path / "postgres"


def _copy(data: Path, copy: Path) -> Path:
    """As it is on disk, owners included."""
    shutil.copytree(data, copy, symlinks=True)
    owner = data.stat()
    for path in (copy, *copy.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    return copy

"""An erasure while the services that take part in it are killed: all of it happens, and nobody knows who it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client, eventually
from tests.faults.nemesis import die_at
from tests.stack import make_stack, started

pytestmark = [pytest.mark.stack, pytest.mark.slow]
CUSTOMER = "ida-9173"
WORDS = (f"{CUSTOMER}@", "Flintholm", "purple lamp")
# Where each service dies on the erasure's way, which leads it there.
DEATHS = {"support": "batch.before_commit", "marketing": "marketing.after_remove", "forecasting": "batch.after_commit"}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    with started(make_stack(tmp_path)) as running:
        yield running


async def rows_with(stack: EmbeddedStack, word: str) -> list[str]:
    """The tables of all databases that hold a word."""
    found = []
    for service in stack.services:
        connection = await asyncpg.connect(stack.superuser_dsn(service))
        try:
            tables = await connection.fetch(
                "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_|information_)'"
            )
            for schema, table in tables:
                rows = await connection.fetch(f'select * from "{schema}"."{table}"')
                text = "".join(str(dict(row)) for row in rows)
                if word in text:
                    found.append(f"{service}.{table}")
        finally:
            await connection.close()
    return found


async def tell_history(stack: EmbeddedStack, client: Client) -> str:
    """Sales with letters, a request, and records that wait for an operator; the party's id."""
    await client.meet(CUSTOMER)
    await client.tell(
        "interaction.recorded", "call", CUSTOMER, channel="phone", direction="inbound", summary="Flintholm"
    )
    await client.sell(CUSTOMER, "lamp-1")
    text = {"channel": "email", "subject": "purple lamp", "body": "My purple lamp is dark."}
    await client.tell("support.requested", "request", CUSTOMER, **text)
    price = {"minor": 1, "currency": "DKK"}
    lines = [{"sku": "B", "quantity": 1, "unit_price": price}]
    await client.tell("sale.completed", "conflict", CUSTOMER, sale_id="lamp-1", channel="web", total=price, lines=lines)
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        broken = f'{{"party": {{"identities": [{{"type": "email", "value": "{CUSTOMER}@mail.example"'.encode()
        headers = [("ce_specversion", b"1.0"), ("ce_id", b"b"), ("ce_source", b"/shop"), ("ce_type", b"crm.x.v1")]
        await producer.send_and_wait("crm.ingest", broken, key=b"k", headers=headers)
    _, sold = await client.find("crm.sales", "sale.completed", sale_id="lamp-1")
    await client.find("crm.campaigns", "message.sent", party_id=sold["party_id"])
    await client.find("crm.tickets", "ticket.opened", party_id=sold["party_id"])
    return str(sold["party_id"])


async def test_an_erasure_that_is_interrupted_everywhere_is_whole(stack: EmbeddedStack) -> None:
    urls = {service: stack.url(service) for service in stack.services}
    async with Client(stack.bootstrap, urls) as client, httpx.AsyncClient(timeout=30) as http:
        party_id = await tell_history(stack, client)
        totals = (await client.get("contacts", f"/v1/parties/{party_id}"))["totals"]
        audit = await client.get("marketing", "/v1/audit/follow-ups")
        operations = f"{urls['contacts']}/v1/operations"

        async def waits() -> bool:
            lists = [(await http.get(f"{operations}/{kind}")).json()["items"] for kind in ("parked", "quarantine")]
            return all(lists)

        await eventually(waits, "a parked and a quarantined record")
        for service in DEATHS:
            await stack.stop_part(service)
        erasures = f"{urls['contacts']}/v1/erasures"
        asked = await http.post(erasures, json={"party_id": party_id, "because": "asked", "by": "staff-1"})
        url = f"{erasures}/{asked.json()['id']}"
        approved = await http.post(f"{url}/approve", json={"by": "staff-2"}, headers={"Idempotency-Key": "once"})
        assert approved.status_code == 200, approved.text
        await stack.kill_part("contacts")
        await stack.start_part("contacts")
        again = await http.post(f"{url}/approve", json={"by": "staff-2"}, headers={"Idempotency-Key": "once"})
        assert again.json()["found"] == approved.json()["found"]
        for service, point in DEATHS.items():
            await die_at(stack, service, point, 1)
            await stack.start_part(service)

        async def complete() -> dict[str, Any] | None:
            certificate: dict[str, Any] = (await http.get(url)).json()
            return certificate if certificate["complete"] else None

        certificate = await eventually(complete, "every service has confirmed", 90)
        assert {each["service"]: each["forgotten"].get("party", 0) for each in certificate["confirmations"]} == {
            "forecasting": 0, "marketing": 1, "support": 1
        }  # fmt: skip
        assert (certificate["parked"], certificate["quarantined"]) == (1, 1)

        async def gone() -> bool:
            return not [path for path in (stack.folder.path / "mail").rglob("*") if path.is_file()]

        await eventually(gone, "the letter is out of the maildir")
        for word in WORDS:
            assert await rows_with(stack, word) == [], word
        confirmed = [
            headers["ce_id"]
            for topic in ("crm.campaigns", "crm.tickets", "crm.insights")
            for headers, _ in await client.records(topic)
            if headers["ce_type"] == "crm.erasure.confirmed.v1"
        ]
        assert len(set(confirmed)) == 3
        assert (await http.get(f"{urls['contacts']}/v1/parties/{party_id}")).status_code == 410
        connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
        try:
            paid = await connection.fetchval("select json_agg(paid) from total where party_id = $1", party_id)
        finally:
            await connection.close()
        assert json.loads(paid) == [each["paid"]["minor"] for each in totals]
        assert (await client.get("marketing", "/v1/audit/follow-ups"))["one"] == audit["one"]

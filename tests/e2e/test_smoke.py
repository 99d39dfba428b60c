"""One sale through all services, one kill, and what a sale costs."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import OURS, Client, eventually

pytestmark = [pytest.mark.stack, pytest.mark.smoke, pytest.mark.slow]


async def test_a_sale_is_followed_up_and_stands_in_the_history(client: Client) -> None:
    customer, sale = f"ada-{uuid4()}", f"sale-{uuid4()}"
    await client.meet(customer)
    await client.sell(customer, sale)
    headers, sold = await client.find("crm.sales", "sale.completed", origin="/shop", sale_id=sale)
    planned_headers, planned = await client.find("crm.campaigns", "message.planned", trigger_event_id=headers["ce_id"])
    assert (planned["campaign"], planned["step"], planned["channel"]) == ("thanks", 1, "email")
    assert planned_headers["ce_causationid"] == headers["ce_id"]
    assert planned_headers["ce_correlationid"] == headers["ce_correlationid"]
    await client.find("crm.campaigns", "message.sent", message_id=planned["message_id"])

    party = sold["party_id"]
    expected = {f"crm.{verb}.v1" for verb in ("consent.given", "sale.completed", "message.planned", "message.sent")}

    async def history() -> bool:
        lines = (await client.get("contacts", f"/v1/parties/{party}/timeline"))["items"]
        return expected <= {line["type"] for line in lines}

    await eventually(history, "the history of the party")
    assert await client.get("contacts", f"/v1/events/{headers['ce_id']}") == {
        **{name.removeprefix("ce_"): text for name, text in headers.items() if name != "content-type"},
        "datacontenttype": "application/json",
        "data": sold,
    }
    view = await client.get("contacts", f"/v1/parties/{party}")
    assert [(total["currency"], total["sales"]) for total in view["totals"]] == [("DKK", 1)]


async def test_a_sale_of_a_known_party_costs_five_records_and_ten_handlings(client: Client) -> None:
    customer = f"known-{uuid4()}"
    await client.meet(customer)
    await client.sell(customer, f"first-{customer}")
    await client.find("crm.campaigns", "message.sent", party_id=await _party_of(client, f"first-{customer}"))
    records, handlings = await _at_rest(client)
    await client.sell(customer, f"second-{customer}")
    await _party_of(client, f"second-{customer}")

    async def sent() -> bool:
        return await client.length("crm.ingest", *OURS) >= records + 5

    await eventually(sent, "the second message")
    after = await _at_rest(client)
    assert (after[0] - records, after[1] - handlings) == (5, 10)


async def test_all_that_is_held_of_somebody_comes_as_one_file(
    stack: EmbeddedStack, client: Client, tmp_path: Path
) -> None:
    customer, words = f"arc-{uuid4()}", "It said\u2028tomorrow\x85or later."
    await client.meet(customer)
    await client.tell("support.requested", f"asked-{customer}", customer, channel="email", subject="Where?", body=words)
    await client.sell(customer, f"first-{customer}")
    party = await _party_of(client, f"first-{customer}")
    await client.find("crm.campaigns", "message.sent", party_id=party)
    await client.find("crm.tickets", "ticket.opened", party_id=party)

    into = tmp_path / "archive.zip"
    command = ["archive", party, "--into", str(into), "--because", "a letter of 3 March"]
    urls = [part for service in stack.services for part in ("--url", f"{service}={stack.url(service)}")]
    ran = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools.rapport", *command, *urls, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await ran.communicate()
    assert ran.returncode == 0, said.decode()
    with ZipFile(into) as archive:
        held = {
            name: [json.loads(line) for line in archive.read(name).split(b"\n")[:-1]] for name in archive.namelist()
        }
    assert held.keys() == {f"{service}.jsonl" for service in stack.services}
    assert all(lines[-1]["complete"] and lines[0]["party_ids"] == [party] for lines in held.values())
    assert "sale" in {line.get("table") for line in held["contacts.jsonl"]}
    assert any(words in text for line in held["support.jsonl"] for text in _texts(line))
    assert "message" in {line.get("table") for line in held["marketing.jsonl"]}
    assert "ticket" in {line.get("table") for line in held["support.jsonl"]}


async def test_whoever_unsubscribes_by_a_letter_gets_no_more(stack: EmbeddedStack, client: Client) -> None:
    customer = f"una-{uuid4()}"
    await client.meet(customer)
    await client.sell(customer, f"first-{customer}")
    party = await _party_of(client, f"first-{customer}")
    _, sent = await client.find("crm.campaigns", "message.sent", party_id=party)
    letter = message_from_bytes((stack.folder.path / "mail" / "new" / sent["message_id"]).read_bytes())
    async with httpx.AsyncClient() as reader:
        link = letter["List-Unsubscribe"].strip("<>")
        assert "<button>" in (await reader.get(link)).text
        assert (await reader.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200

    await client.sell(customer, f"second-{customer}")
    _, skipped = await client.find("crm.campaigns", "message.skipped", party_id=party)
    assert skipped["reason"] in {"suppressed", "no_consent"}
    assert (await client.get("marketing", f"/v1/suppressions?party_id={party}"))["items"]
    _, withdrawn = await client.find("crm.contacts", "consent.withdrawn", party_id=party)
    assert withdrawn["origin"] == "/marketing/unsubscribe"


async def test_a_killed_service_takes_up_where_it_was(stack: EmbeddedStack, client: Client) -> None:
    customer, sales = f"eve-{uuid4()}", [f"sale-{number}-{uuid4()}" for number in range(20)]
    await client.meet(customer)
    for sale in sales[:10]:
        await client.sell(customer, sale)
    await stack.kill_part("contacts")
    for sale in sales[10:]:
        await client.sell(customer, sale)
    await stack.start_part("contacts")
    await client.find("crm.sales", "sale.completed", sale_id=sales[-1])
    found = {
        (headers["ce_id"], headers["ce_sequence"]): data["sale_id"]
        for headers, data in await client.records("crm.sales")
        if data.get("sale_id") in sales
    }
    assert sorted(found.values()) == sorted(sales)


async def _party_of(client: Client, sale: str) -> str:
    _, data = await client.find("crm.sales", "sale.completed", sale_id=sale)
    return str(data["party_id"])


async def _at_rest(client: Client) -> tuple[int, int]:
    """Records and handlings once neither has changed for two seconds."""
    last = (0, 0)
    while True:
        now = await client.length("crm.ingest", *OURS), await client.handlings()
        if now == last:
            return now
        last = now
        await asyncio.sleep(2)


def _texts(held: object) -> Iterator[str]:
    """Every text in what was read of a line."""
    if isinstance(held, str):
        yield held
    for part in held.values() if isinstance(held, dict) else held if isinstance(held, list) else ():
        yield from _texts(part)

"""What a page needs of `GET /v1/changes`: news that can be read at once, and none missing after a kill."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client, eventually
from tests.streams import Events

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@asynccontextmanager
async def stream(stack: EmbeddedStack, party: str, last_id: str = "") -> AsyncIterator[Events]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    query = {"subject": f"party/{party}", "type": "sale.completed"}
    async with (
        httpx.AsyncClient(timeout=30) as http,
        http.stream("GET", f"{stack.url('contacts')}/v1/changes", params=query, headers=headers) as answer,
    ):
        events = Events(answer)
        assert (await events.next())[0] == "beat"
        yield events


async def test_what_is_told_can_be_read_and_nothing_is_missed_over_a_kill(stack: EmbeddedStack, client: Client) -> None:
    customer = f"ida-{uuid4()}"
    await client.meet(customer)
    await client.sell(customer, f"first-{customer}")
    headers, first = await client.find("crm.sales", "sale.completed", sale_id=f"first-{customer}")
    party = first["party_id"]

    async def is_applied() -> bool:
        lines = (await client.get("contacts", f"/v1/parties/{party}/timeline"))["items"]
        return headers["ce_id"] in {line["event_id"] for line in lines}

    await eventually(is_applied, "the first sale in the history")
    async with stream(stack, party) as events:
        await client.sell(customer, f"second-{customer}")
        told = [await events.news()]
        lines = (await client.get("contacts", f"/v1/parties/{party}/timeline"))["items"]
        assert told[0] in {line["event_id"] for line in lines}, "read after it was told"
        last_id = events.last_id
        await stack.kill_part("contacts")
    await client.sell(customer, f"third-{customer}")
    await stack.start_part("contacts")
    async with stream(stack, party, last_id) as events:
        told.append(await events.news())
    sold = {
        data["sale_id"]: headers["ce_id"] for headers, data in await client.records("crm.sales") if "sale_id" in data
    }
    expected = [sold[f"{turn}-{customer}"] for turn in ("second", "third")]
    assert told == expected

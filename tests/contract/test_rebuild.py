"""A projection is nothing but its topics: built again it is the same, and it can take the place of the live one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from deploy.embedded import EmbeddedStack
from shared.engine.rebuild import Compared, rebuild
from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES, context_of, subscriptions_of
from tests.e2e.client import OURS, Client, eventually
from tests.stack import make_stack

pytestmark = [pytest.mark.stack, pytest.mark.slow]
PROJECTIONS = {
    service: subscription
    for service in SERVICES
    for subscription in subscriptions_of(service)
    if subscription.kind == "projection"
}
CUSTOMERS, SALES = 4, 3
PRICE = {"minor": 12995, "currency": "DKK"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """The four services at rest after some facts of every kind that a projection hears."""
    running = make_stack(tmp_path_factory.mktemp("rebuild"))

    async def begin() -> None:
        await running.start()
        async with client_of(running) as client:
            await tell_facts(client)
            await decided(client, CUSTOMERS * SALES)
            await at_rest(client)

    try:
        asyncio.run(begin())
        yield running
    finally:
        asyncio.run(running.stop())


def client_of(stack: EmbeddedStack) -> Client:
    return Client(stack.bootstrap, {service: stack.url(service) for service in stack.services})


@pytest.fixture
async def client(stack: EmbeddedStack) -> AsyncIterator[Client]:
    async with client_of(stack) as connected:
        yield connected


async def tell_facts(client: Client) -> None:
    for number in range(CUSTOMERS):
        customer = f"customer-{number}"
        await client.meet(customer)
        for sale in range(SALES):
            await client.sell(customer, f"{customer}-{sale}")
        line = {"sku": "A-17", "quantity": 1}
        back = {"sale_id": f"{customer}-0", "reason": "damaged", "lines": [line], "total": PRICE}
        await client.tell("sale.refunded", f"refund-{customer}", customer, **back)
        text = {"channel": "email", "subject": "Lamp", "body": "It is dark."}
        await client.tell("support.requested", f"request-{customer}", customer, **text)
    await client.tell("consent.withdrawn", "withdrawn", "customer-3", purpose="marketing", channel="email")


async def decided(client: Client, messages: int) -> None:
    """Until so many messages were sent or skipped."""
    ends = {"crm.message.sent.v1", "crm.message.skipped.v1"}

    async def look() -> bool:
        return sum(headers["ce_type"] in ends for headers, _ in await client.records("crm.campaigns")) >= messages

    await eventually(look, f"{messages} decided messages", 90)


async def at_rest(client: Client) -> None:
    """Until no topic has grown and nothing was handled for two seconds."""
    last = None
    while (now := (await client.length("crm.ingest", *OURS), await client.handlings())) != last:
        last = now
        await asyncio.sleep(2)


async def build(stack: EmbeddedStack, service: str, *, switch: bool = False) -> dict[str, Compared]:
    kafka = {"bootstrap_servers": stack.bootstrap}
    compared = await rebuild(
        stack.owner_dsn(service), kafka, PROJECTIONS[service], switch=switch, context=context_of(service)
    )
    return {table.table: table for table in compared}


async def rows(stack: EmbeddedStack, service: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(stack.superuser_dsn(service))
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("service", PROJECTIONS)
async def test_what_is_built_again_is_what_stands(service: str, stack: EmbeddedStack) -> None:
    tables = await build(stack, service)
    assert [table for table in tables.values() if not table.equal] == []
    filled = {name for name, table in tables.items() if table.live == table.rebuilt > 0}
    assert (
        filled
        >= {
            "contacts": {"line", "total", "consent", "message", "ticket"},
            "forecasting": {"sold_day", "channel_day", "purchase_day", "sale", "refund", "campaign_day", "ticket_day"},
        }[service]
    )
    left = "select nspname from pg_namespace where nspname like '%rebuilt%' or nspname like '%replaced%'"
    assert await rows(stack, service, left) == []
    assert await rows(stack, service, "select group_id from fence where group_id like '%rebuilt'") == []


FALSIFIED = {
    "contacts": ("total", "update timeline_v1.total set sales = sales + 1"),
    "forecasting": ("channel_day", "update sales_v1.channel_day set sales = sales + 1"),
}


@pytest.mark.parametrize("service", PROJECTIONS)
async def test_a_row_that_no_event_tells_of_is_found_and_a_switch_puts_it_right(
    service: str, stack: EmbeddedStack
) -> None:
    table, statement = FALSIFIED[service]
    await rows(stack, service, statement)
    for switch in (False, True):
        tables = await build(stack, service, switch=switch)
        assert [name for name, compared in tables.items() if not compared.equal] == [table]
        assert tables[table].live == tables[table].rebuilt
    assert all(compared.equal for compared in (await build(stack, service)).values())


async def test_after_a_switch_new_events_land_and_are_answered(stack: EmbeddedStack, client: Client) -> None:
    for service in PROJECTIONS:
        assert all(compared.equal for compared in (await build(stack, service, switch=True)).values())
    sale = f"after-{uuid4()}"
    await client.sell("customer-1", sale)
    _, sold = await client.find("crm.sales", "sale.completed", sale_id=sale)
    party = sold["party_id"]

    async def seen() -> Any:
        view = await client.get("contacts", f"/v1/parties/{party}")
        return [total for total in view["totals"] if total["sales"] == SALES + 1]

    (total,) = await eventually(seen, "the new sale in the 360 view")
    assert total["currency"] == "DKK"
    lines = (await client.get("contacts", f"/v1/parties/{party}/timeline"))["items"]
    assert sum(line["type"] == "crm.sale.completed.v1" for line in lines) == SALES + 1

    async def summed() -> bool:
        days = (await client.get("forecasting", "/v1/series/sales?by=channel"))["items"]
        return sum(day["sales"] or 0 for day in days) == CUSTOMERS * SALES + 1

    await eventually(summed, "the new sale in the totals")
    await decided(client, CUSTOMERS * SALES + 1)
    await at_rest(client)
    for service in PROJECTIONS:
        assert all(compared.equal for compared in (await build(stack, service)).values())


async def test_a_process_is_the_record_itself(stack: EmbeddedStack) -> None:
    ingest = next(each for each in subscriptions_of("contacts") if each.kind == "process")
    with pytest.raises(ConfigurationError, match="cannot be rebuilt"):
        await rebuild(stack.owner_dsn("contacts"), {}, ingest, switch=False)

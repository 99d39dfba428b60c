"""The pages that services show by themselves, in a browser without network."""

from email import message_from_bytes
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from deploy.embedded import EmbeddedStack
from shared.run.discovery import SERVICES
from tests.e2e.client import Client

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_a_page_that_asks_elsewhere_is_found_out(stack: EmbeddedStack, page: Page, complaints: list[str]) -> None:
    await page.goto(f"{stack.url('contacts')}/healthz")

    await page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.example/a.png'}))")
    await page.evaluate("setTimeout(() => { throw new Error('nobody caught it') })")
    while not ("asks elsewhere.example" in complaints and "nobody caught it" in " ".join(complaints)):
        await page.wait_for_timeout(20)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_viewer_shows_each_operation_and_sends_a_request(
    stack: EmbeddedStack, page: Page, complaints: list[str], service: str
) -> None:
    document = await (await page.request.get(f"{stack.url(service)}/openapi.json")).json()
    operations = sum(len(methods) for methods in document["paths"].values())

    await page.goto(f"{stack.url(service)}/docs")

    await expect(page.locator(".opblock")).to_have_count(operations)
    await page.locator(".opblock", has_text="/v1/operations/outbox").locator("button").first.click()
    await page.get_by_role("button", name="Try it out").click()
    await page.get_by_role("button", name="Execute").click()
    await expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    assert complaints == []


@pytest.mark.parametrize("service", SERVICES)
async def test_the_page_of_events_shows_each_message(
    stack: EmbeddedStack, page: Page, complaints: list[str], service: str
) -> None:
    document = await (await page.request.get(f"{stack.url(service)}/asyncapi.json")).json()
    messages = sum(len(operation["messages"]) for operation in document["operations"].values())

    await page.goto(f"{stack.url(service)}/asyncapi")

    await expect(page.locator("details")).to_have_count(messages)
    await page.locator("summary").first.click()
    await expect(page.locator("details pre").first).to_be_visible()
    assert complaints == []


async def test_the_page_of_a_letter_unsubscribes(stack: EmbeddedStack, page: Page, complaints: list[str]) -> None:
    customer = f"una-{uuid4()}"
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as client:
        await client.meet(customer)
        await client.sell(customer, f"sale-{customer}")
        _, sold = await client.find("crm.sales", "sale.completed", sale_id=f"sale-{customer}")
        _, sent = await client.find("crm.campaigns", "message.sent", party_id=sold["party_id"])
        letter = message_from_bytes((stack.folder.path / "mail" / "new" / sent["message_id"]).read_bytes())

        await page.goto(letter["List-Unsubscribe"].strip("<>"))
        await page.get_by_role("button").click()
        await expect(page.get_by_role("button")).to_have_count(0)

        assert (await client.get("marketing", f"/v1/suppressions?party_id={sold['party_id']}"))["items"]
    assert complaints == []

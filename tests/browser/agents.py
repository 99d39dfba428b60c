"""What tests of the console's pages share: somebody to look at, an agent's browser, and what the services say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import BrowserContext

from deploy.embedded import EmbeddedStack
from tests.browser.chromium import browser_context
from tests.e2e.client import Client, eventually

PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who bought once, agreed to letters and asked for help."""

    party_id: str
    email: str
    sale_event: str
    message_id: str
    ticket_id: str
    subject: str


async def serve_customer(stack: EmbeddedStack) -> Customer:
    """A new one, with everything that comes of what is told about them."""
    name = f"ada-{uuid4()}"
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as client:
        await client.meet(name)
        await client.sell(name, f"sale-{name}")
        subject = f"Where is {name}"
        await client.tell("support.requested", f"ask-{name}", name, channel="email", subject=subject, body="Well?\nA.")
        sold, data = await client.find("crm.sales", "sale.completed", sale_id=f"sale-{name}")
        party = data["party_id"]
        _, sent = await client.find("crm.campaigns", "message.sent", party_id=party)
        _, opened = await client.find("crm.tickets", "ticket.opened", party_id=party)

        async def shown() -> bool:
            view = await client.get("contacts", f"/v1/parties/{party}")
            return bool(view["open_tickets"]) and view["messages"][0]["state"] == "sent"

        await eventually(shown, "all of it in the 360 view")
    return Customer(party, f"{name}@mail.example", sold["ce_id"], sent["message_id"], opened["ticket_id"], subject)


@asynccontextmanager
async def console(
    stack: EmbeddedStack, language: str = "en", **options: Any
) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A browser of somebody who has chosen a name, a language and a zone."""
    async with browser_context(base_url=stack.url("console"), **options) as (context, complaints):
        chosen = {"name": "agent-7", "language": language, "zone": "Europe/Copenhagen"}
        cookies = [
            {"name": f"rapport-{name}", "value": value, "url": stack.url("console")} for name, value in chosen.items()
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        yield context, complaints


async def ask(stack: EmbeddedStack, service: str, path: str) -> Any:
    async with httpx.AsyncClient(base_url=stack.url(service)) as client:
        return (await client.get(f"/v1/{path}")).raise_for_status().json()

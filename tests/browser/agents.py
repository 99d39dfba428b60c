"""What tests of the console's pages share: somebody to look at, an agent's browser, and what the services say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import BrowserContext

from deploy.embedded import EmbeddedStack
from tests.browser.chromium import browser_context
from tests.e2e.client import Client, eventually

PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


LETTER = "greeting"
"""A campaign whose letter is looked at."""
_LAST_TOLD = {"crm.duplicate.suspected.v1", "crm.ticket.triaged.v1", "crm.sla.applied.v1"}
"""What comes into a history after everything that is asked for."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who bought once, agreed to letters and asked for help."""

    party_id: str
    email: str
    sale_event: str
    message_id: str
    ticket_id: str
    subject: str
    twin_id: str = ""
    pair_id: str = ""
    segment: str = ""
    mailing: str = ""
    article_id: str = ""
    reply: str = ""
    view_id: str = ""
    bulk_id: str = ""


async def serve_twins(stack: EmbeddedStack) -> Customer:
    """Somebody new who was written down twice, and whom nobody has asked about yet."""
    customer = await serve_customer(stack)
    word = "".join(chr(ord("a") + int(digit, 16)) for digit in uuid4().hex[:10])
    said = {
        "name": f"Ada {word.capitalize()}",
        "birth_date": "1971-03-09",
        "address": {"lines": [f"{word.capitalize()}gade 12"], "postal_code": "8000", "city": "Aarhus C"},
    }
    async with httpx.AsyncClient(base_url=stack.url("contacts")) as contacts:
        (await contacts.patch(f"/v1/parties/{customer.party_id}", json=said)).raise_for_status()
        twin = {**said, "birth_date": "1971-09-03", "locale": "da"}
        made = (await contacts.post("/v1/parties", json=twin)).raise_for_status().json()["id"]
    pairs: list[str] = []

    async def asked() -> bool:
        known = (await ask(stack, "contacts", "duplicates?limit=200"))["items"]
        pairs.extend(each["id"] for each in known if set(each["party_ids"]) == {customer.party_id, made})
        lines = (await ask(stack, "contacts", f"parties/{customer.party_id}/timeline?limit=25"))["items"]
        return bool(pairs) and {line["type"] for line in lines} >= _LAST_TOLD

    await eventually(asked, "the question whether the two are one, and a history that does not grow any more")
    return replace(customer, twin_id=made, pair_id=pairs[0])


async def publish_segment(stack: EmbeddedStack, customer: Customer) -> Customer:
    """A new segment that the customer is in."""
    name = f"buyers-{uuid4().hex[:10]}"
    text = f"name: {name}\nwhen:\n  party.sales: {{at_least: 1}}\n  any:\n    - party.spent.DKK: {{at_least: 10000}}\n"
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as client:
        (await client.post("/v1/segments", json={"text": text})).raise_for_status()

        async def is_in() -> bool:
            return bool((await client.get(f"/v1/segments/{name}/parties/{customer.party_id}")).json()["is_in"])

        await eventually(is_in, "the customer in the segment")
    return replace(customer, segment=name)


async def draft_mailing(stack: EmbeddedStack, customer: Customer) -> Customer:
    """A mailing to the customer's segment that nobody has started."""
    name = f"spring-{uuid4().hex[:10]}"
    text = f"name: {name}\nsegment: {customer.segment}\ntemplate: spring\n"
    draft = {"text": text, "templates": {"spring.txt": "Subject: Spring\n\nHello {{ name }}.\n{{ unsubscribe_url }}\n"}}
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as client:
        (await client.post("/v1/mailings", json=draft)).raise_for_status()
    return replace(customer, mailing=name)


async def write_article(stack: EmbeddedStack, customer: Customer) -> Customer:
    """A draft in English."""
    said = {"title": "Where parcels are", "body": "By post.\n\nThey take a day.", "language": "en", "agent": "agent-7"}
    async with httpx.AsyncClient(base_url=stack.url("support")) as client:
        made = (await client.post("/v1/articles", json=said)).raise_for_status().json()
    return replace(customer, article_id=made["id"])


async def keep_desk(stack: EmbeddedStack, customer: Customer) -> Customer:
    """A kept reply, a view of an agent's own, and an act on two tickets, one of which nobody knows."""
    reply = f"parcel-{uuid4().hex[:8]}"
    async with httpx.AsyncClient(base_url=stack.url("support")) as client:
        kept = {"agent": "agent-7", "texts": {"en": "Dear {{customer.name|customer}}, see {{ticket.sku}}."}}
        (await client.put(f"/v1/canned-replies/{reply}", json=kept)).raise_for_status()
        view = {"agent": "agent-7", "name": "New ones", "filters": {"statuses": ["new", "open"]}}
        view_id = (await client.post("/v1/views", json=view)).raise_for_status().json()["id"]
        tickets = [{"id": customer.ticket_id}, {"id": str(uuid4())}]
        act = {"agent": "agent-7", "tickets": tickets, "act": {"do": "follow", "follower": "agent-7"}}
        bulk_id = (await client.post("/v1/bulk-actions", json=act)).raise_for_status().json()["id"]
    return replace(customer, reply=reply, view_id=view_id, bulk_id=bulk_id)


async def publish_letter(stack: EmbeddedStack, name: str) -> None:
    """A campaign that nothing begins in these tests, whose letter has HTML in Danish."""
    text = f"name: {name}\ntrigger: interaction.recorded\nsteps:\n  - wait: P1D\n    content: [{{template: hello}}]\n"
    mjml = (
        "<mjml><mj-body><mj-section><mj-column><mj-text font-family='Arial'>Hej {{ name }}</mj-text>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    templates = {
        "hello.txt": "Subject: Hello\n\nHello {{ name }}.\n{{ unsubscribe_url }}\n",
        "hello.da.txt": "Subject: Hej\n\nHej {{ name }}.\n{{ unsubscribe_url }}\n",
        "hello.da.mjml": mjml,
    }
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as client:
        (await client.post("/v1/campaigns", json={"text": text, "templates": templates})).raise_for_status()


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
            ticket = await client.get("support", f"/v1/tickets/{opened['ticket_id']}")
            return bool(view["open_tickets"] and ticket["triage"]) and view["messages"][0]["state"] == "sent"

        await eventually(shown, "all of it in the 360 view")
    return Customer(party, f"{name}@mail.example", sold["ce_id"], sent["message_id"], opened["ticket_id"], subject)


async def define_agent(stack: EmbeddedStack, name: str) -> None:
    """An agent who is not at work, so that nothing is routed to them."""
    async with httpx.AsyncClient(base_url=stack.url("support")) as client:
        (await client.put(f"/v1/agents/{name}", json={"skills": ["orders"], "queues": ["orders"]})).raise_for_status()


@asynccontextmanager
async def console(
    stack: EmbeddedStack, language: str = "en", name: str = "agent-7", **options: Any
) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A browser of somebody who has chosen a name, a language and a zone."""
    async with browser_context(base_url=stack.url("console"), **options) as (context, complaints):
        chosen = {"name": name, "language": language, "zone": "Europe/Copenhagen"}
        cookies = [
            {"name": f"rapport-{key}", "value": value, "url": stack.url("console")} for key, value in chosen.items()
        ]
        await context.add_cookies(cookies)  # type: ignore[arg-type]
        yield context, complaints


@asynccontextmanager
async def visitor(stack: EmbeddedStack, name: str = "agent-7") -> AsyncIterator[httpx.AsyncClient]:
    """The pages as they come, for tests that need no script, no look and no keys."""
    cookies = {"rapport-name": name, "rapport-language": "en", "rapport-zone": "Europe/Copenhagen"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(base_url=stack.url("console"), cookies=cookies, headers=headers) as client:
        yield client


async def ask(stack: EmbeddedStack, service: str, path: str) -> Any:
    async with httpx.AsyncClient(base_url=stack.url(service)) as client:
        return (await client.get(f"/v1/{path}")).raise_for_status().json()

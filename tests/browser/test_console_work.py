"""What people do at the console from morning to evening, and what a restart does to their pages."""

import asyncio
import re
import time
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import LAPTOP, LETTER, PHONE, Customer, ask, console, serve_customer
from tests.e2e.client import Client, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]
GRACE_S = 15
"""Of the twenty seconds for which a server waits for what is open before it cuts it off."""


async def test_an_agents_day_on_a_phone_and_at_a_laptop(stack: EmbeddedStack) -> None:
    await asyncio.gather(work_through_a_day(stack, PHONE), work_through_a_day(stack, LAPTOP))


async def work_through_a_day(stack: EmbeddedStack, size: dict[str, int]) -> None:
    customer = await serve_customer(stack)
    async with console(stack, viewport=size, has_touch=size is PHONE) as (context, complaints):
        page = await context.new_page()
        await page.goto("/")
        await page.get_by_role("searchbox", name="Find a customer").fill(customer.email)
        await page.keyboard.press("Enter")
        await page.locator("tbody a").click()
        history = page.locator(".timeline")
        for line in ("Sale", "Message sent", "Ticket opened", "Consent given"):
            await expect(history.locator("summary b", has_text=re.compile(f"^{line}$"))).to_be_visible()
        await page.locator("#part-tickets").get_by_role("link").click()
        await expect(page.get_by_text("Well?")).to_be_visible()
        await page.get_by_text("Correct it").click()
        await page.get_by_label("About").select_option(label="Delivery")
        await page.get_by_label("Urgency").select_option(label="High")
        await page.locator("#part-triage").get_by_role("button", name="Save").click()
        await expect(page.locator("#part-triage")).to_contain_text("as agent-7 says")
        await page.get_by_label("Your answer").fill("It is on its way.\nSorry!")
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".thread .agent")).to_contain_text("It is on its way.")
        await expect(page.get_by_label("Your answer")).to_have_value("")
        await page.get_by_label("Your answer").fill("Mind the parcel.")
        await page.get_by_label("Note for colleagues").check()
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".thread .note")).to_contain_text("Mind the parcel.")
        await page.get_by_role("button", name="Resolve", exact=True).click()
        await expect(page.locator(".head .badge")).to_have_text("Resolved")
        await page.locator("section", has_text="Customer").get_by_role("link").first.click()
        await page.locator("#part-messages").get_by_role("link").click()
        await expect(page.get_by_text("It was sent.")).to_be_visible()
        await page.locator(".facts > div", has_text="Consent").get_by_role("link").click()
        await expect(page.get_by_role("heading", name="Consent given")).to_be_visible()
        await expect(page.locator("#main")).to_contain_text("Marketing")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints == []
    ticket = await ask(stack, "support", f"tickets/{customer.ticket_id}")
    written = [(entry["kind"], entry["agent"], entry["text"]) for entry in ticket["thread"][1:]]
    assert written == [
        ("reply", "agent-7", "It is on its way.\nSorry!"),
        ("note", "agent-7", "Mind the parcel."),
    ]
    assert ticket["status"] == "resolved"
    triage = ticket["triage"]
    assert (triage["category"], triage["urgency"], triage["agent"]) == ("delivery", "high", "agent-7")


async def test_a_parked_record_is_applied_again_and_given_up(stack: EmbeddedStack) -> None:
    name = f"poison-{uuid4()}"
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as shop:
        await shop.tell("sale.completed", f"bad-{name}", name, sale_id=f"bad-{name}", channel="web")
        await shop.sell(name, f"good-{name}")

        async def parked() -> bool:
            found = await shop.get("contacts", f"/v1/operations/parked?key={name}")
            return len(found["items"]) == 2

        await eventually(parked, "the record that cannot be applied, and the one that waits behind it")
        async with console(stack, viewport=LAPTOP) as (context, complaints):
            page = await context.new_page()
            await page.goto("/operations/contacts")
            line = page.locator("tbody tr", has_text=name).filter(has_text="schema")
            await line.locator("summary").click()
            await line.get_by_role("button", name="Apply again").click()
            await expect(page.get_by_role("alert")).to_contain_text("It still waits")
            await line.locator("summary").click()
            await line.get_by_label("Reason, to give it up").fill("the shop sent it without its lines")
            await line.get_by_role("button", name="Give up").click()
            await expect(page.get_by_text("1 record was applied")).to_be_visible()
            await expect(page.locator("tbody tr", has_text=name)).to_have_count(0)
            assert [said for said in complaints if "422" not in said] == []
        await shop.find("crm.sales", "sale.completed", sale_id=f"good-{name}")


@pytest.mark.parametrize("part", ["console", "support"])
async def test_a_restart_ends_streams_at_once_and_pages_miss_nothing(stack: EmbeddedStack, part: str) -> None:
    customer = await serve_customer(stack)
    async with console(stack) as (context, _), httpx.AsyncClient(base_url=stack.url("support")) as support:
        page = await context.new_page()
        await page.goto(f"/tickets/{customer.ticket_id}")
        await expect(page.locator("#live")).to_have_text("Live")
        begun = time.monotonic()
        await stack.stop_part(part)
        assert time.monotonic() - begun < GRACE_S, "it waited for the open stream"
        try:
            await expect(page.locator("#live")).to_have_text("Not live")
            if part == "console":
                reply = {"text": "Written meanwhile.", "agent": "agent-8"}
                (await support.post(f"/v1/tickets/{customer.ticket_id}/replies", json=reply)).raise_for_status()
        finally:
            await stack.start_part(part)
        if part == "support":
            reply = {"text": "Written meanwhile.", "agent": "agent-8"}
            (await support.post(f"/v1/tickets/{customer.ticket_id}/replies", json=reply)).raise_for_status()
        await expect(page.locator(".thread .agent")).to_contain_text("Written meanwhile.", timeout=30_000)
        await expect(page.locator("#live")).to_have_text("Live", timeout=20_000)


async def test_a_ticket_is_taken_by_an_agent_who_has_room_and_given_back(stack: EmbeddedStack, ada: Customer) -> None:
    agent = f"agent-{uuid4()}"
    async with console(stack, viewport=PHONE, name=agent) as (context, complaints):
        page = await context.new_page()
        await page.goto("/new/agent")
        await page.get_by_label("Name").fill(agent)
        await page.get_by_label("Chat").fill("1")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".head .badge")).to_have_text("Not at work")
        await page.get_by_label("Presence").select_option(label="There")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".head .badge")).to_have_text("There")
        await page.goto(f"/tickets/{ada.ticket_id}")
        await expect(page.locator("#part-answers")).to_contain_text("It waits in line: Nobody of")
        await page.get_by_role("button", name="I answer it").click()
        await expect(page.locator(".trouble")).to_contain_text("at_capacity")
        await page.goto(f"/agents/{agent}/edit")
        await page.get_by_label("E-mail").fill("1")
        await page.get_by_role("button", name="Save").click()
        await page.goto(f"/tickets/{ada.ticket_id}")
        await page.get_by_role("button", name="I answer it").click()
        await expect(page.locator("#part-answers").get_by_role("link", name=agent)).to_be_visible()
        assert (await ask(stack, "support", f"tickets/{ada.ticket_id}"))["assignment"]["agent"] == agent
        await page.get_by_text("Give it to somebody else").click()
        await page.get_by_label("Back to the queue, because").select_option(label="Another team has to answer")
        await page.get_by_role("button", name="Give back").click()
        await page.locator("#part-answers").get_by_text("Why", exact=True).click()
        await expect(page.locator("#part-answers li").first).to_contain_text("Given back")
        assert [said for said in complaints if "409" not in said] == []
    steps = (await ask(stack, "support", f"tickets/{ada.ticket_id}"))["assignment"]["steps"]
    assert [(step["how"], step["agent"]) for step in steps] == [("claimed", agent), ("returned", None)]


async def test_a_dispute_is_raised_offered_for_and_closed(stack: EmbeddedStack, axe: str) -> None:
    customer = await serve_customer(stack)
    async with console(stack, viewport=PHONE, color_scheme="dark", language="da") as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/tickets/{customer.ticket_id}")
        await page.get_by_role("link", name="Rejs en tvist").click()
        await page.get_by_label("Hvad der er omstridt").fill("Den er i stykker.")
        await page.get_by_label("Beløb").fill("hundrede")
        await page.get_by_role("button", name="Rejs den").click()
        await expect(page.locator(".trouble")).to_be_visible()
        await expect(page.get_by_label("Hvad der er omstridt")).to_have_value("Den er i stykker.")
        await page.get_by_label("Beløb").fill("1.99")
        await page.get_by_role("button", name="Rejs den").click()
        await expect(page.locator(".head .badge")).to_have_text("Rejst")
        dispute = page.url.rpartition("/")[2]
        for step in ("Modtaget", "Undersøges", "Foreslået"):
            await page.get_by_label("Status").select_option(label=step)
            if step == "Foreslået":
                await page.get_by_label("Beløb").fill("0,99")
            await page.locator("section", has=page.locator("#next")).get_by_role("button", name="Gem").click()
            await expect(page.locator(".head .badge")).to_have_text(step)
        await page.get_by_text("Tilføj noget").click()
        await page.locator("#evidence-text").fill("Et billede af den.")
        await page.get_by_role("button", name="Tilføj").click()
        await expect(page.locator("section", has=page.locator("#evidence"))).to_contain_text("Et billede af den.")
        await page.evaluate(axe)
        result = await page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [each["id"] for each in result["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert [said for said in complaints if "422" not in said] == []
    said = await ask(stack, "support", f"disputes/{dispute}")
    assert said["offer"] == {"minor": 99, "currency": "DKK"}
    assert (said["ticket_id"], said["amount"]) == (customer.ticket_id, {"minor": 199, "currency": "DKK"})
    assert [step["status"] for step in said["steps"]] == ["raised", "acknowledged", "investigating", "proposed"]


async def test_an_agent_of_any_name_is_written_down_and_removed(stack: EmbeddedStack) -> None:
    async with console(stack, viewport=PHONE) as (context, complaints):
        page = await context.new_page()
        await page.goto("/agents")
        await page.get_by_role("link", name="New agent").click()
        await page.get_by_label("Name").fill("new")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="new", exact=True)).to_be_visible()
        await page.get_by_label("Why").select_option(label="Is in another team")
        await page.get_by_role("button", name="Remove").click()
        await expect(page).to_have_url(re.compile(r"/agents$"))
        await expect(page.get_by_role("link", name="new", exact=True)).to_have_count(0)
        assert complaints == []


async def test_what_looks_like_fraud_is_judged_and_stands_with_those_that_were(stack: EmbeddedStack) -> None:
    name = f"hasty-{uuid4()}"
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as shop:
        await shop.meet(name)
        for number in range(5):
            await shop.sell(name, f"{number}-{name}")
        _, told = await shop.find("crm.insights", "fraud.assessed", sale_id=f"4-{name}")
    async with console(stack, language="da", viewport=PHONE, color_scheme="dark") as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/frauds?party_id={told['party_id']}&band={told['band']}")
        line = page.locator("tbody tr", has_text=f"4-{name}")
        await line.get_by_text("Hvorfor").click()
        await expect(line.locator("li")).to_have_count(len(told["contributions"]))
        await expect(line).to_contain_text("Mange salg til kunden inden for en time")
        await expect(line).to_contain_text(f"{told['points']} af 100")
        await line.get_by_role("button", name="Ægte").click()
        await expect(line).to_have_count(0)
        await page.get_by_role("link", name="Bedømt").click()
        await expect(line).to_contain_text("agent-7")
        await line.get_by_text("Hvorfor").click()
        await expect(line.get_by_role("button", name="Ægte")).to_have_count(0)
        await expect(line.get_by_role("button", name="Svindel")).to_be_visible()
        assert complaints == []
    (judged,) = (await ask(stack, "forecasting", f"frauds?state=judged&party_id={told['party_id']}"))["items"]
    assert (judged["verdict"], judged["judged_by"]) == ("genuine", "agent-7")


async def test_a_segment_says_who_is_in_it_and_why(stack: EmbeddedStack, ada: Customer) -> None:
    segment = await ask(stack, "marketing", f"segments/{ada.segment}")
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto("/campaigns")
        await page.get_by_role("link", name="Segments").click()
        line = page.locator("tbody tr", has_text=ada.segment)
        await expect(line).to_contain_text(re.compile("In force|Being filled"))
        await line.get_by_role("link").click()
        await expect(page.locator("section", has=page.locator("#asks"))).to_contain_text("at least DKK\u00a0100.00")
        assert segment["members"] > 0
        await page.goto(f"/segments/{ada.segment}/why?who=")
        await expect(page.get_by_role("heading", name=ada.segment)).to_be_visible()
        await page.get_by_label("Whom").fill("nobody at all")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(".trouble")).to_be_visible()
        await page.get_by_label("Whom").fill(f"{stack.url('console')}/parties/{ada.party_id}")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(".head .badge")).to_have_text("In it")
        await expect(page.locator("tbody tr", has_text="Spent: DKK")).to_contain_text("DKK\u00a0129.95")
        assert [said for said in complaints if "422" not in said] == []


async def test_a_campaigns_letter_is_looked_at_tried_and_what_came_back_is_counted(
    stack: EmbeddedStack, ada: Customer
) -> None:
    name = (await ask(stack, "contacts", f"parties/{ada.party_id}"))["name"]
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as marketing:
        bounced = f"/v1/messages/{ada.message_id}/bounces"
        (await marketing.post(bounced, json={"kind": "soft"})).raise_for_status()
    async with console(stack, viewport=PHONE) as (context, complaints):
        page = await context.new_page()
        await page.goto("/campaigns/thanks")
        measured = page.locator("section", has=page.locator("#measures")).locator("tbody tr")
        await expect(measured.filter(has_text="Not delivered this time").locator("td").first).to_have_text("1")
        await page.goto(f"/campaigns/{LETTER}")
        await page.locator("article.letter a").first.click()
        await page.get_by_label("Language").last.fill("da-DK")
        await page.get_by_label("Whom").fill(f"{stack.url('console')}/parties/{ada.party_id}")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("heading", name="Hej", exact=True)).to_be_visible()
        await expect(page.frame_locator("iframe.letter").locator("body")).to_contain_text(f"Hej {name}")
        await page.get_by_label("E-mail").fill("somebody@elsewhere.example")
        await page.get_by_role("button", name="Send a test letter").click()
        await expect(page.locator(".trouble")).to_contain_text("address of our own")
        await expect(page.get_by_label("Language").last).to_have_value("da-DK")
        assert [said for said in complaints if "422" not in said] == []


async def test_customers_are_enrolled_by_hand(stack: EmbeddedStack, ada: Customer) -> None:
    name = f"invited-{uuid4().hex[:10]}"
    text = f"name: {name}\ntrigger: enrolment.requested\nsteps:\n  - wait: P1D\n    content: [{{template: hello}}]\n"
    draft = {"text": text, "templates": {"hello.txt": "Subject: Hello\n\nHello {{ name }}.\n{{ unsubscribe_url }}\n"}}
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as marketing:
        (await marketing.post("/v1/campaigns", json=draft)).raise_for_status()
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/campaigns/{name}")
        address = f"{stack.url('console')}/parties/{ada.party_id}"
        await page.get_by_label("Customers, one a line").fill(f"{address}\nsomebody else\n{uuid4()}")
        await page.get_by_role("button", name="Enrol them").click()
        lines = page.locator("section", has=page.locator("#by-hand")).locator("tbody tr")
        await expect(lines).to_have_count(3)
        await expect(lines.nth(0)).to_contain_text("This line names nobody")
        await expect(lines.nth(1)).to_contain_text("Is let in")
        await expect(lines.nth(2)).to_contain_text("Nobody has this id")
        await expect(page.get_by_label("Customers, one a line")).to_have_value("somebody else")
        assert complaints == []

    async def entered() -> bool:
        found = await ask(stack, "marketing", f"enrolments?campaign={name}")
        return [each["party_id"] for each in found["items"]] == [ada.party_id]

    await eventually(entered, "the customer in the campaign")

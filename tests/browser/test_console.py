"""The console on a small real stack: what it shows is what the services say, and an agent can work with it."""

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import LAPTOP, LETTER, PHONE, Customer, ask, console, define_agent, serve_customer
from tests.e2e.client import Client

pytestmark = [pytest.mark.stack, pytest.mark.slow]

_TABS = 3
"""Pages that are looked at side by side: most of the time one waits for its services or its picture."""
CUT = "[...document.querySelectorAll('.tools, .actions')].some((row) => row.scrollWidth > row.clientWidth + 1)"
"""Whether some of a row of buttons is beyond its edge."""
SHOTS = Path(__file__).parents[2] / ".test-results" / "console"


def pages_of(ada: Customer) -> dict[str, str]:
    """Every page of the console, by a name for its picture."""
    today = datetime.now(ZoneInfo("Europe/Copenhagen")).date()
    return {
        "today": "/",
        "customers": "/parties",
        "customer": f"/parties/{ada.party_id}",
        "customer-consents": f"/parties/{ada.party_id}/consents",
        "customer-new": "/parties/new",
        "customer-points": f"/parties/{ada.party_id}/points",
        "customer-around": f"/parties/{ada.party_id}/around",
        "customer-past": f"/parties/{ada.party_id}/past?day={today}",
        "incomplete": "/parties/incomplete",
        "warnings": "/warnings",
        "frauds": "/frauds",
        "trends": "/trends",
        "prices": "/prices",
        "prices-without": "/prices?show=unadvised",
        "reorders": "/reorders",
        "segments": "/segments",
        "segment": f"/segments/{ada.segment}",
        "segment-why": f"/segments/{ada.segment}/why?who={ada.party_id}",
        "duplicates": "/duplicates",
        "duplicates-pair": f"/duplicates/{ada.pair_id}",
        "merges": "/duplicates/merges",
        "erasures": "/erasures",
        "erasure-new": f"/erasures/new?party_id={ada.party_id}",
        "customer-edit": f"/parties/{ada.party_id}/edit",
        "tickets": "/tickets",
        "ticket": f"/tickets/{ada.ticket_id}",
        "ticket-written": f"/tickets/{ada.ticket_id}/written",
        "agents": "/agents",
        "agent": "/agents/agent-7",
        "agent-new": "/new/agent",
        "queues": "/queues",
        "queue": "/queues/orders",
        "team": "/team?by=agent",
        "replies": "/replies",
        "reply": f"/replies/{ada.reply}",
        "reply-new": "/new/reply",
        "ticket-filled": f"/tickets/{ada.ticket_id}?reply={ada.reply}",
        "view": f"/views/{ada.view_id}",
        "view-tickets": f"/tickets?view={ada.view_id}",
        "view-new": "/new/view",
        "acts": f"/acts/{ada.bulk_id}",
        "models": "/models",
        "mails": "/mails",
        "identities": f"/parties/{ada.party_id}/identities",
        "articles": "/articles",
        "articles-found": "/articles?q=parcels",
        "article": f"/articles/{ada.article_id}",
        "article-new": "/new/article",
        "surveys": "/surveys",
        "disputes": "/disputes",
        "dispute-new": f"/disputes/new?party_id={ada.party_id}&ticket_id={ada.ticket_id}",
        "follow-ups": "/follow-ups",
        "follow-ups-sales": "/follow-ups?outcome=one",
        "sale": f"/follow-ups/sales/{ada.sale_event}",
        "message": f"/follow-ups/messages/{ada.message_id}",
        "event": f"/events/{ada.sale_event}",
        "suppressions": "/suppressions",
        "backtest-routing": "/backtests/routing",
        "backtest-promises": "/backtests/promises",
        "backtest-campaign": "/backtests/campaigns/thanks",
        "campaigns": "/campaigns",
        "campaign": "/campaigns/thanks",
        "letter": f"/campaigns/{LETTER}/letters/hello?who={ada.party_id}&locale=da-DK",
        "mailings": "/mailings",
        "mailing": f"/mailings/{ada.mailing}",
        "mailing-new": f"/new/mailing?segment={ada.segment}",
        "doubts": "/duplicates?state=doubted",
        "sales": "/forecasts",
        "sales-by-day": "/forecasts?by=day",
        "operations": "/operations",
        "operations-waiting": "/operations/waiting",
        "operations-contacts": "/operations/contacts",
        "design": "/design",
        "sign-in": "/sign-in",
        "nothing": "/parties/nobody",
    }


async def test_a_name_is_chosen_and_the_page_that_was_wanted_comes(stack: EmbeddedStack, page: Page) -> None:
    await page.goto(f"{stack.url('console')}/tickets?status=new")
    await page.get_by_label("Name").fill("Ada Holm")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("no spaces")).to_be_visible()
    await page.get_by_label("Name").fill("agent-1")
    await page.get_by_role("button", name="Continue").click()
    await expect(page).to_have_url(re.compile(r"/tickets\?status=new$"))
    await page.get_by_text("agent-1").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.goto(f"{stack.url('console')}/")
    await expect(page).to_have_url(re.compile("/sign-in"))


async def test_a_customers_page_says_what_the_services_say(stack: EmbeddedStack, ada: Customer) -> None:
    view = await ask(stack, "contacts", f"parties/{ada.party_id}")
    lines = (await ask(stack, "contacts", f"parties/{ada.party_id}/timeline?limit=25"))["items"]
    messages = view["messages"]
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/parties/{ada.party_id}")
        figures = page.locator(".figures .figure")
        assert view["totals"][0]["net"] == {"minor": 12995, "currency": "DKK"}
        await expect(figures.filter(has_text="Bought")).to_contain_text("DKK\u00a0129.95")
        await expect(figures.filter(has_text="Open tickets")).to_contain_text(str(len(view["open_tickets"])))
        await expect(page.locator(".timeline details")).to_have_count(len(lines))
        await expect(page.get_by_role("link", name=ada.email)).to_be_visible()
        assert view["consents"][0]["holds"]
        await expect(page.locator("section", has_text="Consents").get_by_text("Allowed", exact=True)).to_be_visible()
        await expect(page.get_by_role("link", name=messages[0]["campaign"]).first).to_be_visible()
        await page.get_by_role("link", name="Sales", exact=True).last.click()
        sales = (await ask(stack, "contacts", f"parties/{ada.party_id}/timeline?type=sale.completed"))["items"]
        assert sales
        await expect(page.locator(".timeline details")).to_have_count(len(sales))
        await page.locator(".timeline summary").first.click()
        await page.get_by_role("link", name=sales[0]["event_id"]).click()
        await expect(page.get_by_role("heading", name="Sale", exact=True)).to_be_visible()
        event = await ask(stack, "contacts", f"events/{sales[0]['event_id']}")
        await expect(page.get_by_text(event["data"]["sale_id"], exact=True)).to_be_visible()
        await page.get_by_role("link", name="What followed this sale").click()
        await expect(page.get_by_text("It was sent.")).to_be_visible()
        assert complaints == []


async def test_the_six_figures_are_those_of_the_audit_and_lead_to_their_sales(
    stack: EmbeddedStack, ada: Customer
) -> None:
    audit = await ask(stack, "marketing", "audit/follow-ups")
    async with console(stack) as (context, _):
        page = await context.new_page()
        await page.goto("/follow-ups")
        figures = [
            int((await each.inner_text()).replace(",", ""))
            for each in await page.locator(".figure dd:not(.note)").all()
        ]
        assert figures[0] == audit["sales"] == sum(figures[1:])
        await page.get_by_role("link", name="Followed up once").click()
        await page.locator(f"a[href='/follow-ups/sales/{ada.sale_event}']").click()
        await expect(page.get_by_text("It was sent.")).to_be_visible()
        await expect(page.get_by_role("heading", name="thanks")).to_be_visible()


async def test_the_keyboard_alone_is_enough(stack: EmbeddedStack, ada: Customer) -> None:
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto("/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("g")
        await page.keyboard.press("t")
        await page.wait_for_url("**/tickets")
        await page.keyboard.press("j")
        await expect(page.locator("tbody a").first).to_be_focused()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await expect(page.get_by_role("searchbox", name="Find a customer")).to_be_focused()
        await page.keyboard.press("Control+k")
        await page.keyboard.type(ada.email)
        await expect(page.locator(f"#found a[href='/parties/{ada.party_id}']")).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator("#found a").first).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(ada.party_id))
        assert complaints == []


async def test_somebody_who_was_quicker_is_shown_beside_what_was_typed(stack: EmbeddedStack) -> None:
    async with console(stack) as (context, _), httpx.AsyncClient(base_url=stack.url("contacts")) as contacts:
        page = await context.new_page()
        await page.goto("/parties/new")
        await page.get_by_label("Name").fill("Grace Berg")
        await page.get_by_label("E-mail").fill(f"grace-{uuid4()}@mail.example")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", name="Grace Berg")).to_be_visible()
        party = page.url.rpartition("/")[2]
        await page.get_by_role("link", name="Edit").click()
        (await contacts.patch(f"/v1/parties/{party}", json={"name": "Grace Lund"})).raise_for_status()
        await page.get_by_label("Name").fill("Grace Holm")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("Somebody else")
        await expect(page.get_by_label("Name")).to_have_value("Grace Holm")
        await expect(page.locator(".conflict td")).to_have_text(["Grace Berg", "Grace Holm", "Grace Lund"])
        tags = page.get_by_label("Tags")
        await tags.evaluate("(field) => { field.value = 'x'.repeat(2200000); }")
        await page.get_by_role("button", name="Save mine over it").click()
        await expect(page.locator(".too-long")).to_contain_text("at most 2.1")
        await expect(page.get_by_label("Name")).to_have_value("Grace Holm")
        await tags.fill("")
        await page.get_by_role("button", name="Save mine over it").click()
        await expect(page.get_by_role("heading", name="Grace Holm")).to_be_visible()
        assert (await ask(stack, "contacts", f"parties/{party}"))["name"] == "Grace Holm"


async def test_what_is_typed_outlives_the_page_and_a_page_needs_no_script(stack: EmbeddedStack, ada: Customer) -> None:
    async with console(stack) as (context, _):
        page = await context.new_page()
        await page.goto(f"/tickets/{ada.ticket_id}")
        await page.get_by_label("Your answer").fill("half a sent")
        await page.goto("/")
        await page.goto(f"/tickets/{ada.ticket_id}")
        await expect(page.get_by_label("Your answer")).to_have_value("half a sent")
    async with console(stack, java_script_enabled=False) as (context, _):
        page = await context.new_page()
        await page.goto(f"/tickets/{ada.ticket_id}")
        await page.get_by_label("Your answer").fill("Without a script.")
        await page.get_by_label("Note for colleagues").check()
        await page.get_by_role("button", name="Send").click()
        await expect(page.locator(".thread .note")).to_contain_text("Without a script.")


async def test_what_happens_meanwhile_comes_in_and_disturbs_nobody_who_writes(stack: EmbeddedStack) -> None:
    customer = await serve_customer(stack)
    name = customer.email.partition("@")[0]
    async with (
        console(stack) as (context, complaints),
        Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as shop,
        httpx.AsyncClient(base_url=stack.url("support")) as support,
    ):
        party, ticket = await context.new_page(), await context.new_page()
        await party.goto(f"/parties/{customer.party_id}")
        await ticket.goto(f"/tickets/{customer.ticket_id}")
        for page in (party, ticket):
            await expect(page.locator("#live")).to_have_text("Live")
        await ticket.get_by_label("Your answer").fill("half a sent")
        lines = await party.locator(".timeline [data-id]").count()
        failed: list[str] = []

        async def fail_once(route: Route) -> None:
            if failed or "x-live" not in route.request.headers:
                await route.fallback()
            else:
                failed.append(route.request.url)
                await route.fulfill(status=503)

        await party.route(f"**/parties/{customer.party_id}", fail_once)
        await shop.sell(name, f"second-{name}")
        await expect(party.locator(".figures")).to_contain_text("DKK\u00a0259.90", timeout=20_000)
        await expect(party.locator(".timeline summary", has_text="Sale")).to_have_count(2)
        assert await party.locator(".timeline [data-id]").count() > lines
        async with httpx.AsyncClient(base_url=stack.url("contacts")) as contacts:
            (await contacts.patch(f"/v1/parties/{customer.party_id}", json={"name": "Grace Lind"})).raise_for_status()
        await expect(party.locator("h1")).to_have_text("Grace Lind", timeout=20_000)
        await expect(party).to_have_title("Grace Lind · Rapport")
        # of what is on the page nothing is among the newest, as after a long time without news
        await party.evaluate(
            "for (const line of document.querySelectorAll('#lines [data-id]')) line.dataset.id = 'old'"
        )
        await party.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(party.locator("#lines [data-id='old']")).to_have_count(0)
        await expect(party.locator(".timeline summary", has_text="Sale")).to_have_count(2)
        reply = {"text": "From a colleague.", "agent": "agent-8"}
        (await support.post(f"/v1/tickets/{customer.ticket_id}/replies", json=reply)).raise_for_status()
        await expect(ticket.locator(".thread .agent")).to_contain_text("From a colleague.", timeout=20_000)
        await expect(ticket.locator(".head .badge")).to_have_text("Open")
        version = (await ask(stack, "support", f"tickets/{customer.ticket_id}"))["version"]
        await expect(ticket.locator("#next input[name=version]")).to_have_value(str(version))
        await expect(ticket.locator("#split input[name=version]")).to_have_value(str(version))
        await expect(ticket.get_by_label("Your answer")).to_have_value("half a sent")
        assert failed, "the page took its news at the first try"
        assert [said for said in complaints if "503" not in said] == []


async def test_danish_in_words_numbers_and_times(stack: EmbeddedStack, ada: Customer) -> None:
    async with console(stack, language="da") as (context, _):
        page = await context.new_page()
        await page.goto(f"/parties/{ada.party_id}")
        await expect(page.locator("html")).to_have_attribute("lang", "da")
        await expect(page.locator(".sections")).to_contain_text("Kunder")
        await expect(page.locator(".figures")).to_contain_text("129,95\u00a0kr.")
        await expect(page.get_by_role("heading", name="Samtykker")).to_be_visible()
        await page.goto(f"/tickets/{ada.ticket_id}")
        await page.locator("#part-triage summary", has_text="Hvorfor").click()
        await expect(page.locator("#part-triage li").last).to_contain_text("Prioritet:")
        await expect(page.locator("main span[lang=en]")).to_have_count(0)


async def test_a_service_that_hangs_takes_only_its_own_part(stack: EmbeddedStack, ada: Customer) -> None:
    async with console(stack) as (context, _):
        page = await context.new_page()
        stack.suspend_part("marketing")
        try:
            await page.goto("/")
            await expect(page.locator("section:has(#tickets) li").first).to_be_visible()
            follow_ups = page.locator("section", has=page.locator("#follow-ups"))
            await expect(follow_ups.get_by_role("status")).to_contain_text("Marketing does not answer")
            answer = await page.goto(f"/follow-ups/messages/{ada.message_id}")
            assert answer is not None
            assert answer.status == 503
            await expect(page.get_by_role("heading")).to_have_text("Marketing does not answer")
        finally:
            stack.resume_part("marketing")
        await page.get_by_role("link", name="Try again").click()
        await expect(page.get_by_text("It was sent.")).to_be_visible()
        await expect(page.get_by_role("link", name=re.compile("^Sale, "))).to_be_visible()
        await expect(page.get_by_role("link", name=re.compile("^Consent given, "))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible_and_as_wide_as_the_screen(
    stack: EmbeddedStack, ada: Customer, axe: str, scheme: str
) -> None:
    """By axe-core, on a phone where it is light and on a laptop where it is dark. Pictures are kept."""
    size = PHONE if scheme == "light" else LAPTOP
    # what names, roles and order are wrong the first run has found; the other looks at what colours and width change
    rules = "" if scheme == "light" else "runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable'],"
    found: dict[str, list[str]] = {}
    await define_agent(stack, "agent-7")
    left = list(pages_of(ada).items())

    async def look(page: Page) -> None:
        while left:
            name, path = left.pop()
            await page.goto(path)
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            cut = await page.evaluate(CUT)
            await page.evaluate(axe)
            result = await page.evaluate(f"axe.run({{{rules} resultTypes: ['violations']}})")
            found[name] = (
                ["wider than the screen"] * wide
                + ["buttons are cut off"] * cut
                + [f"{each['id']}: {json.dumps(each['nodes'][0]['target'])}" for each in result["violations"]]
            )
            await page.screenshot(path=SHOTS / f"{name}-{scheme}.png", full_page=True)

    async with console(stack, viewport=size, color_scheme=scheme) as (context, complaints):
        await asyncio.gather(*[look(await context.new_page()) for _ in range(_TABS)])
        assert {name: findings for name, findings in found.items() if findings} == {}
        assert [said for said in complaints if "404" not in said] == []

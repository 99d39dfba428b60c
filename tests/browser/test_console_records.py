"""What people decide about the records of customers: two that are one, and one that is to be forgotten."""

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import LAPTOP, PHONE, Customer, ask, console, serve_customer, visitor
from tests.e2e.client import eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_two_are_merged_with_chosen_fields_and_are_themselves_again(
    stack: EmbeddedStack, twins: Customer
) -> None:
    async with console(stack, viewport=PHONE) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/duplicates/{twins.pair_id}")
        pair = await ask(stack, "contacts", f"duplicates/{twins.pair_id}")
        for reason in pair["reasons"]:
            await expect(page.get_by_text(reason[0].upper() + reason[1:], exact=True)).to_be_visible()
        await expect(page.locator(f"input[name=into][value='{twins.party_id}']")).to_be_checked()
        await page.get_by_role("radio", name="1971-09-03").check()
        await page.get_by_label("Why").fill("she called")
        await page.get_by_role("button", name="Merge the two").click()
        await expect(page.get_by_text("In force")).to_be_visible()
        merged = await ask(stack, "contacts", f"parties/{twins.twin_id}")
        assert (merged["id"], merged["birth_date"], merged["locale"]) == (twins.party_id, "1971-09-03", "da")
        await page.get_by_label("Why it is taken back").fill("her mother")
        await page.get_by_role("button", name="Undo the merge").click()
        await expect(page.get_by_role("heading", name="Both are themselves again")).to_be_visible()
        assert complaints == []
    ada, twin = [await ask(stack, "contacts", f"parties/{id_}") for id_ in (twins.party_id, twins.twin_id)]
    assert [each["birth_date"] for each in (ada, twin)] == ["1971-03-09", "1971-09-03"]


async def test_a_pair_that_is_two_is_asked_about_no_more(stack: EmbeddedStack, twins: Customer) -> None:
    async with console(stack, language="da") as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/duplicates/{twins.pair_id}")
        await expect(page.get_by_role("heading", name="Er de én?")).to_be_visible()
        await page.get_by_label("Hvorfor").fill("tvillinger")
        await page.get_by_role("button", name="Ikke en dublet").click()
        await expect(page).to_have_url(stack.url("console") + "/duplicates")
        await expect(page.locator(f"a[href='/duplicates/{twins.pair_id}']")).to_have_count(0)
        assert complaints == []
    assert (await ask(stack, "contacts", f"duplicates/{twins.pair_id}"))["state"] == "dismissed"


async def test_a_merge_that_something_speaks_against_is_confirmed(stack: EmbeddedStack, twins: Customer) -> None:
    other = {"other": twins.twin_id, "because": "she called"}
    async with httpx.AsyncClient(base_url=stack.url("contacts")) as contacts:
        (await contacts.post(f"/v1/parties/{twins.party_id}/merge", json=other)).raise_for_status()
        changed = {"name": "Bo Dahl", "birth_date": "1944-01-01"}
        (await contacts.patch(f"/v1/parties/{twins.party_id}", json=changed)).raise_for_status()

    async def doubted() -> bool:
        return (await ask(stack, "contacts", f"duplicates/{twins.pair_id}"))["doubted_at"] is not None

    await eventually(doubted, "the doubt about their merge")
    async with console(stack, viewport=PHONE, language="da") as (context, complaints):
        page = await context.new_page()
        await page.goto("/duplicates/merges")
        await page.get_by_role("link", name="Tvivl").click()
        await page.locator(f"a[href='/duplicates/{twins.pair_id}']").click()
        await expect(page.get_by_role("button", name="Fortryd sammenlægningen")).to_be_visible()
        await page.get_by_label("Hvorfor de er én").fill("hun er gift")
        await page.get_by_role("button", name="De er én").click()
        await expect(page).to_have_url(stack.url("console") + "/duplicates?state=doubted")
        await expect(page.locator(f"a[href='/duplicates/{twins.pair_id}']")).to_have_count(0)
        assert complaints == []
    assert not await doubted()


async def test_a_second_person_approves_an_erasure_and_everybody_confirms_it(stack: EmbeddedStack) -> None:
    customer = await serve_customer(stack)
    async with console(stack, viewport=LAPTOP) as (context, _):
        page = await context.new_page()
        await page.goto(f"/parties/{customer.party_id}")
        await page.get_by_role("link", name="Ask to forget").click()
        await page.get_by_label("Why").fill("asked by letter")
        await page.get_by_role("button", name="Ask for the erasure").click()
        await page.get_by_role("button", name="Approve and erase").click()
        await expect(page.locator(".trouble")).to_be_visible()
        erasure = page.url.removesuffix("/approve").rpartition("/")[2]
    assert (await ask(stack, "contacts", f"erasures/{erasure}"))["state"] == "requested"

    async def confirmed() -> bool:
        return bool((await ask(stack, "contacts", f"erasures/{erasure}"))["complete"])

    async with console(stack, name="agent-8", viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/erasures/{erasure}")
        await page.get_by_role("button", name="Approve and erase").click()
        await expect(page.get_by_role("heading", name="What is gone")).to_be_visible()
        await eventually(confirmed, "every service's confirmation")
        await page.reload()
        await expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
        for service in ("Contacts", "Marketing", "Support", "Forecasting"):
            await expect(page.locator("#gone ~ .scroll, section:has(#gone)").first).to_contain_text(service)
        await page.goto(f"/parties/{customer.party_id}")
        await expect(page.get_by_role("heading").first).to_be_visible()
        assert customer.email not in await page.content()
        assert [said for said in complaints if "404" not in said] == []


async def test_what_is_missing_is_promised_and_is_left_is_what_the_services_say(
    stack: EmbeddedStack, ada: Customer
) -> None:
    complete = await ask(stack, "contacts", f"parties/{ada.party_id}/completeness")
    promised = (await ask(stack, "support", f"tickets/{ada.ticket_id}"))["sla"]["then"]
    balance = await ask(stack, "marketing", f"loyalty/{ada.party_id}")
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/parties/{ada.party_id}")
        await expect(page.locator("section", has=page.locator("#asked"))).to_contain_text(
            f"{complete['score']}% is known"
        )
        await page.get_by_role("link", name="Points").click()
        await expect(page.locator(".figure").first).to_contain_text(str(balance["balance"]))
        await page.goto("/parties/incomplete")
        line = page.locator("tbody tr").filter(has=page.locator(f"a[href='/parties/{ada.party_id}']"))
        await expect(line).to_contain_text(f"{complete['score']}%")
        await page.goto(f"/tickets/{ada.ticket_id}")
        shown = page.locator("#part-promised li")
        await expect(shown).to_have_count(len(promised["clocks"]))
        await expect(shown.first).to_contain_text(re.compile("First answer|Next answer|Solution"))
        assert complaints == []


async def test_a_relation_is_written_down_stands_on_both_pages_and_ends(stack: EmbeddedStack, ada: Customer) -> None:
    advice = await ask(stack, "forecasting", f"cross-sell?party_id={ada.party_id}")
    assert advice["offers"] == []
    async with console(stack, viewport=LAPTOP) as (context, complaints):
        page = await context.new_page()
        await page.goto(f"/parties/{ada.party_id}")
        await expect(page.locator("section", has_text="To offer next")).to_contain_text("fewer than two days")
        await page.get_by_role("link", name="Relations, roles and offers").click()
        await page.get_by_label("Whom").fill(stack.url("console") + f"/parties/{ada.party_id}")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".trouble")).to_be_visible()
        await page.get_by_label("The customer").select_option(label="Was introduced by")
        await page.get_by_label("Whom").fill(stack.url("console") + f"/parties/{ada.twin_id}")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#around li").first).to_contain_text("Was introduced by")
        await page.goto(f"/parties/{ada.twin_id}")
        await expect(page.locator("section", has=page.locator("#relations")).locator("li")).to_contain_text(
            "Introduced"
        )
        await expect(page).not_to_have_title(re.compile("Relations"))  # what comes in later does not name the page
        await page.goto(f"/parties/{ada.party_id}/around")
        ended = page.locator("section", has=page.locator("#end-relation"))
        await ended.get_by_role("button", name="End today").click()
        await expect(page.locator("#around .badge")).to_have_text("Ended")
        roles = page.locator("section", has=page.locator("#roles"))
        await roles.get_by_label("New role").select_option(label="Distributor")
        await roles.get_by_role("button", name="Give it").click()
        await expect(roles.locator("li", has_text="Distributor")).to_be_visible()
        await roles.get_by_label("New role").select_option(label="Distributor")
        await roles.get_by_role("button", name="Give it").click()
        await expect(page.locator(".trouble")).to_be_visible()
        await roles.locator("li", has_text="Distributor").get_by_role("button").click()
        await expect(roles.locator("li", has_text="Distributor").locator(".badge")).to_have_text("Ended")
        assert [said for said in complaints if "422" not in said and "409" not in said] == []
    given = (await ask(stack, "contacts", f"parties/{ada.party_id}/roles"))["items"]
    assert [each["ended_on"] is not None for each in given if each["role"] == "distributor"] == [True]
    (relation,) = (await ask(stack, "contacts", f"parties/{ada.twin_id}/relations"))["items"]
    assert (relation["kind"], relation["from_party_id"]) == ("introduced_by", ada.party_id)
    assert relation["ended_on"] is not None


async def test_a_customer_is_shown_as_known_on_a_day_and_why_nothing_is_suggested(
    stack: EmbeddedStack, ada: Customer
) -> None:
    today = datetime.now(ZoneInfo("Europe/Copenhagen")).date()
    path = f"/parties/{ada.party_id}"
    async with visitor(stack) as client:
        before = await client.get(f"{path}/past", params={"day": str(today - timedelta(days=400))})
        assert "Nobody was known by this id then." in before.text
        shown = (await client.get(f"{path}/past", params={"day": str(today)})).raise_for_status().text
        assert "<dd>DKK\u00a0129.95</dd>" in shown
        assert "Allowed" in shown
        for day in ("", str(today + timedelta(days=2)), "9999-12-31"):
            assert "Choose a day up to today." in (await client.get(f"{path}/past", params={"day": day})).text
        advice = (await client.post(f"{path}/actions", data={"key": str(uuid4())})).raise_for_status().text
        assert re.search("An urgent request of theirs is open|They bought on fewer than two days", advice)

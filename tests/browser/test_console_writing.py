"""What is written to many at the console."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import PHONE, Customer, ask, console

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_a_mailing_is_drafted_tried_held_and_sent_on(stack: EmbeddedStack, ada: Customer, axe: str) -> None:
    """Its progress comes in by itself."""
    name = f"spring-{uuid4().hex[:10]}"
    options = {"viewport": PHONE, "color_scheme": "dark", "language": "da"}
    async with console(stack, **options) as (context, complaints):  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"/new/mailing?segment={ada.segment}")
        await page.get_by_label("Navn").fill("forår 2026")
        await page.get_by_label("Højst modtagere i minuttet").fill("1")
        await page.get_by_label("Emne", exact=True).fill("Spring")
        await page.get_by_label("Tekst", exact=True).fill("Hello {{ name }}.\n{{ unsubscribe_url }}")
        await page.get_by_role("button", name="Gem kladden").click()
        await expect(page.locator(".trouble")).to_contain_text("name")
        await expect(page.get_by_label("Tekst", exact=True)).to_have_value("Hello {{ name }}.\n{{ unsubscribe_url }}")
        await page.get_by_label("Navn").fill(name)
        await page.get_by_role("button", name="Gem kladden").click()
        await expect(page.locator(".head .badge")).to_have_text("Kladde")
        await page.wait_for_function("Object.keys(localStorage).length === 0")
        await expect(page.get_by_role("button", name="Sæt den i gang")).to_have_count(0)
        await page.get_by_label("E-mail").fill("somebody@elsewhere.example")
        await page.get_by_role("button", name="Send et prøvebrev").click()
        await expect(page.locator(".trouble")).to_contain_text("address of our own")
        await page.get_by_label("E-mail").fill("desk@rapport.example")
        await page.get_by_role("button", name="Send et prøvebrev").click()
        await expect(page.locator(".said")).to_be_visible()
        await page.get_by_role("button", name="Sæt den i gang").click()
        await expect(page.locator(".head .badge")).to_have_text("Sendes")
        sent = page.locator("#part-progress tbody tr").filter(has=page.get_by_role("rowheader", name="Sendt"))
        await expect(sent.locator(".number")).to_have_text("1", timeout=20_000)
        await page.get_by_role("button", name="Sæt den på pause").click()
        await expect(page.locator(".head .badge")).to_have_text("På pause")
        await page.evaluate(axe)
        result = await page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [each["id"] for each in result["violations"]] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.get_by_role("button", name="Fortsæt").click()
        await page.get_by_role("button", name="Afbryd den").click()
        await expect(page.locator(".head .badge")).to_have_text("Afbrudt")
        assert [said for said in complaints if "422" not in said] == []
    said = await ask(stack, "marketing", f"mailings/{name}")
    assert (said["state"], said["segment"], said["per_minute"]) == ("cancelled", ada.segment, 1)

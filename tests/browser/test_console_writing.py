"""What is written to many at the console, and what the team is told of its work."""

import re
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import PHONE, Customer, ask, console, visitor
from tests.e2e.client import eventually

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
        await eventually(lambda: page.evaluate("Object.keys(localStorage).length === 0"), "no draft is left")
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


async def test_an_article_is_written_published_and_found(stack: EmbeddedStack, axe: str) -> None:
    """Where somebody was quicker, what it was, mine and theirs stand beside one another on a phone too."""
    word = f"returret{uuid4().hex[:8]}"
    options = {"viewport": PHONE, "color_scheme": "dark", "language": "da"}
    async with console(stack, **options) as (context, complaints):  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto("/new/article")
        await page.get_by_label("Titel").fill(f"Om {word}")
        await page.get_by_label("Tekst").fill("Tag den med i butikken.")
        await page.get_by_role("button", name="Gem").click()
        await expect(page.locator(".head .badge")).to_have_text("Kladde")
        article_id = page.url.partition("?")[0].rpartition("/")[2]
        await page.get_by_role("link", name="Rediger").click()
        path, theirs = (
            f"/v1/articles/{article_id}/texts/da",
            {"title": f"Om {word}", "body": "Med posten.", "agent": "a-1"},
        )
        async with httpx.AsyncClient(base_url=stack.url("support")) as support:
            (await support.put(path, json=theirs)).raise_for_status()
        await page.get_by_label("Tekst").fill("Tag den med, eller send den.")
        await page.get_by_role("button", name="Gem").click()
        await expect(page.locator(".conflict td")).to_have_text(
            ["Tag den med i butikken.", "Tag den med, eller send den.", "Med posten."]
        )
        await expect(page.get_by_label("Tekst")).to_have_value("Tag den med, eller send den.")
        await page.evaluate(axe)
        result = await page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [each["id"] for each in result["violations"]] == []
        theirs_again = page.get_by_role("link", name="Tag deres")
        await theirs_again.click()
        await expect(page.get_by_label("Tekst")).to_have_value("Med posten.")
        await page.go_back()
        await page.get_by_role("button", name="Gem mit oven i").click()
        await page.get_by_role("button", name="Offentligg\u00f8r").click()
        await expect(page.locator(".head .badge")).to_have_text("Offentliggjort")
        await page.get_by_role("link", name="Artikler").click()
        await expect(page.get_by_role("link", name=f"Om {word}")).to_be_visible()
        await page.get_by_label("Ord").fill(word)
        await page.get_by_role("button", name="Find", exact=True).click()
        await page.get_by_role("link", name=f"Om {word}").click()
        await expect(page.get_by_text("Tag den med, eller send den.")).to_be_visible()
        assert [said for said in complaints if "409" not in said] == []
    said = await ask(stack, "support", f"articles/{article_id}")
    assert (said["state"], said["texts"][0]["agent"], said["texts"][0]["version"]) == ("published", "agent-7", 3)


async def test_a_team_is_told_what_support_counts(stack: EmbeddedStack, ada: Customer) -> None:
    assert ada.ticket_id
    async with visitor(stack) as client:
        before = (await ask(stack, "support", "stats"))["items"][0]["opened"]
        shown = (await client.get("/team?by=agent")).raise_for_status().text
        after = (await ask(stack, "support", "stats"))["items"][0]["opened"]
        (opened,) = re.findall(r"<dt>Opened</dt>\s*<dd>(\d+)</dd>", shown)
        assert 0 < before <= int(opened) <= after
        by_agent = shown[shown.index('aria-label="Agent"') :]
        assert before <= sum(map(int, re.findall(r'</th><td class="number">(\d+)</td>', by_agent))) <= after
        wrong = await client.get("/team?from=2026-03-02&to=2026-03-01")
        assert "since comes before until" in wrong.text
        assert 'value="2026-03-02"' in wrong.text


async def test_what_is_too_long_is_said_and_still_stands_on_the_page_before(
    stack: EmbeddedStack, ada: Customer, axe: str
) -> None:
    """Without scripts, as by somebody who pastes past what the page allows, which a browser holds to by itself; with
    them, which keep it from being sent, where the form is sent past them.
    """
    long = "Dear Ada. " * 220_000
    for scripts, language in ((False, "en"), (True, "da")):
        options = {"java_script_enabled": scripts, "viewport": PHONE, "language": language}
        async with console(stack, **options) as (context, complaints):  # type: ignore[arg-type]
            page = await context.new_page()
            await page.goto(f"/tickets/{ada.ticket_id}")
            text = page.locator("textarea#text")
            await text.evaluate("field => field.removeAttribute('maxlength')")
            await text.fill(long)
            async with page.expect_navigation() as sent:
                if scripts:
                    await text.evaluate("field => field.form.submit()")
                else:
                    await page.locator("form:has(textarea#text) button.primary").click()
            assert (await sent.value).status == 413
            said = {"en": ("That was too much", "at most 2.1"), "da": ("Det var for meget", "højst 2,1")}[language]
            await expect(page.locator("h1")).to_have_text(said[0])
            await expect(page.locator("main p").first).to_contain_text(said[1])
            if scripts:
                await page.evaluate(axe)
                result = await page.evaluate("axe.run({resultTypes: ['violations']})")
                assert [each["id"] for each in result["violations"]] == []
            await page.go_back()
            assert await page.locator("textarea#text").input_value() == long
            assert [each for each in complaints if "413" not in each] == []

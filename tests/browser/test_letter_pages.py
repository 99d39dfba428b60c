"""The pages behind the links of letters: by keyboard, on a phone, in the reader's language, by axe-core."""

import io
import re
import wave
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import LAPTOP, PHONE, ask, console
from tests.e2e.client import Client, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.fixture
async def links(stack: EmbeddedStack) -> dict[str, str]:
    """The links of a Danish customer's letter, and the one that asks about their ticket."""
    name = f"eva-{uuid4()}"
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as client:
        danish = {"identities": [{"type": "external", "system": "shop", "value": name}], "locale": "da-DK"}
        await client.tell("profile.submitted", f"profile-{name}", name, party=danish)
        await client.tell("consent.given", f"consent-{name}", name, purpose="marketing", channel="email")
        await client.sell(name, f"sale-{name}")
        await client.tell("support.requested", f"ask-{name}", name, channel="email", subject="Hvor?", body="Hvor?")
        _, sold = await client.find("crm.sales", "sale.completed", sale_id=f"sale-{name}")
        _, sent = await client.find("crm.campaigns", "message.sent", party_id=sold["party_id"])
        _, opened = await client.find("crm.tickets", "ticket.opened", party_id=sold["party_id"])
    async with httpx.AsyncClient(base_url=stack.url("support")) as support:
        ticket = f"/v1/tickets/{opened['ticket_id']}"

        async def known() -> bool:
            return (await support.get(ticket)).json().get("triage") is not None

        await eventually(known, "the ticket as it was triaged")
        (await support.post(f"{ticket}/status", json={"status": "resolved"})).raise_for_status()
        survey = (await support.post(f"{ticket}/survey")).raise_for_status().json()["url"]

        async def danish_too() -> bool:
            return 'lang="da"' in (await support.get(survey)).text

        await eventually(danish_too, "the customer's language at support")
    file = stack.folder.path / "mail" / "new" / sent["message_id"]
    text = message_from_bytes(file.read_bytes(), policy=default).get_content()
    found = {kind: url for url, kind in re.findall(r"(http://\S+/v1/(unsubscribe|preferences)/\S+)", text)}
    return {**found, "survey": survey, "party": sold["party_id"]}


@pytest.mark.browser(viewport=PHONE)
async def test_what_one_gets_is_chosen_by_keyboard_on_a_phone(
    stack: EmbeddedStack, page: Page, links: dict[str, str], complaints: list[str]
) -> None:
    await page.goto(links["preferences"])
    box = page.get_by_role("checkbox", name="Nyheder og tilbud")
    await expect(box).to_be_checked()
    await page.keyboard.press("Tab")
    await expect(box).to_be_focused()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Dine valg er gemt.")
    await expect(box).not_to_be_checked()

    async def told() -> bool:
        items = (await ask(stack, "contacts", f"consents?party_id={links['party']}"))["consents"]
        return any(item["topic"] is None and item["channel"] == "email" and not item["given"] for item in items)

    await eventually(told, "the withdrawal at contacts")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_of_a_letter_is_accessible_and_as_wide_as_the_screen(
    page: Page, links: dict[str, str], axe: str, complaints: list[str], scheme: str
) -> None:
    await page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    size = PHONE if scheme == "light" else LAPTOP
    await page.set_viewport_size({"width": size["width"], "height": size["height"]})
    found: dict[str, list[str]] = {}

    async def look(name: str) -> None:
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        await page.evaluate(axe)
        result = await page.evaluate("axe.run({resultTypes: ['violations']})")
        found[name] = ["wider than the screen"] * wide + [each["id"] for each in result["violations"]]
        assert await page.evaluate("document.documentElement.lang") == "da", name

    for kind in ("unsubscribe", "preferences", "survey"):
        await page.goto(links[kind])
        await look(kind)
        await page.get_by_role("button").first.click()
        await expect(page.get_by_text(re.compile("Du er afmeldt|Dine valg er gemt|Tak for dit svar"))).to_be_visible()
        await look(f"{kind}, done")
    assert {name: findings for name, findings in found.items() if findings} == {}
    assert complaints == []


FILM = "https://films.example/ferns.wav"
VIDEO = """
name: ferns-film
type: video
trigger: sale.completed
purpose: service
steps:
  - {wait: PT0S, content: [{template: ferns}]}
"""


def film() -> bytes:
    """Two seconds in which nothing is to be heard, which every browser can play."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(32_000))
    return file.getvalue()


@pytest.fixture
async def video(stack: EmbeddedStack) -> str:
    """The page of the video in a customer's letter."""
    text = f'Subject: Ferns\n\n{{{{ "{FILM}" | video("film") }}}}\n'
    async with httpx.AsyncClient(base_url=stack.url("marketing")) as marketing:
        draft = {"text": VIDEO, "templates": {"ferns.txt": text}}
        (await marketing.post("/v1/campaigns", json=draft)).raise_for_status()
        name = f"finn-{uuid4()}"
        async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as client:
            await client.sell(name, f"sale-{name}")
            _, sold = await client.find("crm.sales", "sale.completed", sale_id=f"sale-{name}")
            named = {"party_id": sold["party_id"], "campaign": "ferns-film"}
            _, sent = await client.find("crm.campaigns", "message.sent", **named)
        (await marketing.post("/v1/campaigns/ferns-film/stop")).raise_for_status()
    file = stack.folder.path / "mail" / "new" / sent["message_id"]
    (found,) = re.findall(r"http://\S+/video", message_from_bytes(file.read_bytes(), policy=default).get_content())
    return str(found)


async def test_video_plays_from_its_one_origin_and_tells_what_was_played(
    stack: EmbeddedStack, page: Page, video: str, axe: str, complaints: list[str]
) -> None:
    """Much of its first half is skipped, and so over half of it is played; played once more from the beginning, all of
    it was.
    """

    async def serve(route: Route) -> None:
        await route.fulfill(body=film(), content_type="audio/wav")

    await page.route("https://films.example/**", serve)

    async def reached() -> dict[int, int]:
        (measured,) = (await ask(stack, "marketing", "campaigns/ferns-film/measures"))["videos"]
        return {each["percent"]: each["reached"]["with_machines"] for each in measured["watched"]}

    await page.goto(video)
    await page.evaluate(axe)
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    assert [each["id"] for each in found["violations"]] == []
    play = "(video, from) => { video.muted = true; video.currentTime = from; return video.play(); }"
    for begin, expected in ((0.8, {25: 1, 50: 1, 75: 0, 100: 0}), (0, {25: 1, 50: 1, 75: 1, 100: 1})):
        await page.locator("video").evaluate(play, begin)

        async def told(wanted: dict[int, int] = expected) -> bool:
            return await reached() == wanted

        await eventually(told, "what was played, at marketing")
    assert complaints == []
    async with console(stack, viewport=PHONE, language="da") as (context, heard):
        shown = await context.new_page()
        await shown.goto("/campaigns/ferns-film")
        rows = shown.locator("section", has=shown.get_by_role("heading", name="Hvor langt den blev set: film"))
        await expect(rows.locator("tbody tr")).to_have_count(5)
        await expect(shown.locator(".head .badge", has_text="Video")).to_be_visible()
        assert heard == []

"""`python -m tests.browser.pictures URL FOLDER`: pictures of a running console, such as that of `make demo`.

The README shows them.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.browser.chromium import browser_context, executable

_LAPTOP, _PHONE = {"width": 1180, "height": 820}, {"width": 390, "height": 760}


async def _open(page: Page, path: str, *follow: str) -> None:
    """A page, or what its links of these selectors lead to one after another."""
    await page.goto(path)
    for selector in follow:
        await page.locator(selector).first.click()
        await page.wait_for_load_state("load")


async def _settled(page: Page) -> None:
    """Fonts and the live stream are there, and nothing is in focus."""
    await page.evaluate("document.fonts.ready")
    if await page.locator("[data-live]").count():
        await page.locator("#live:not([hidden])").wait_for()


PICTURES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "today": ({"viewport": {**_LAPTOP, "height": 1040}}, ("/",)),
    "customer": ({"viewport": _LAPTOP}, ("/tickets", "main tbody a", "section:has(#customer) p a")),
    "ticket": ({"viewport": _LAPTOP}, ("/tickets", "main tbody a")),
    "follow-ups": ({"viewport": _LAPTOP}, ("/follow-ups",)),
    "forecast": ({"viewport": _LAPTOP, "color_scheme": "dark"}, ("/forecasts", "tbody a[href*='%3AGROCERY%3A']")),
    "phone": ({"viewport": _PHONE, "has_touch": True}, ("/tickets", "main tbody a", "section:has(#customer) p a")),
}


async def take(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, (options, (path, *follow)) in PICTURES.items():
        async with browser_context(
            base_url=url, color_scheme=options.pop("color_scheme", "light"), **options
        ) as opened:
            context, _ = opened
            chosen = {"name": "agent-7", "language": "en", "zone": "Europe/Copenhagen"}
            cookies = [{"name": f"rapport-{key}", "value": value, "url": url} for key, value in chosen.items()]
            await context.add_cookies(cookies)  # type: ignore[arg-type]
            page = await context.new_page()
            await _open(page, path, *follow)
            await _settled(page)
            await page.screenshot(path=folder / f"{name}.png")


def main(arguments: list[str]) -> int:
    """Exit status 2 for a command that cannot be understood, 1 without a browser."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    if executable() is None:
        sys.stderr.write("no Chromium is on this machine\n")
        return 1
    asyncio.run(take(arguments[0], Path(arguments[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

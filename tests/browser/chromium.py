"""The system's own Chromium, through Playwright, cut off from every network but this machine's loopback."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Error, Page, Request, Route, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_HERE = {"127.0.0.1", "localhost"}
_ARGUMENTS = [
    "--no-sandbox",  # CI is root
    "--disable-dev-shm-usage",  # a container has 64 MB there
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
HOW = "install it: `apt-get install chromium` on Debian and Ubuntu, as .ci/run does"


def executable() -> str | None:
    """Where Chromium is, if it is on this machine."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def browser_context(**options: object) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A new profile, with the options of Playwright's `new_context`, and what goes wrong in its pages as it happens.

    That is: an error on the console (a breach of the page's policy, a file that is not there), an error that no script
    caught, and whatever a page asks of another host, which it does not get.
    """
    complaints: list[str] = []

    async def keep_here(route: Route, request: Request) -> None:
        where = urlsplit(request.url)
        if where.hostname in _HERE or where.scheme in {"data", "blob"}:
            await route.continue_()
        else:
            complaints.append(f"asks {where.hostname}")
            await route.abort()

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location['url']})")

    def uncaught(error: Error) -> None:
        complaints.append(error.message)

    def opened(page: Page) -> None:
        page.on("console", said)
        page.on("pageerror", uncaught)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=_ARGUMENTS)
        context = await browser.new_context(**options)  # type: ignore[arg-type]
        await context.route("**/*", keep_here)
        context.on("page", opened)
        try:
            yield context, complaints
        finally:
            await browser.close()

"""One running system and the system's Chromium for all tests of pages.

`@pytest.mark.browser(locale="da-DK", viewport={"width": 360, "height": 740})` gives a test's pages other options.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from deploy.assets.fetch import fetch, read_lock
from deploy.embedded import EmbeddedStack
from shared.run.discovery import FRONTS
from tests.browser.agents import (
    LETTER,
    Customer,
    draft_mailing,
    keep_desk,
    publish_letter,
    publish_segment,
    serve_twins,
    write_article,
)
from tests.browser.chromium import HOW, browser_context, executable
from tests.stack import make_stack, started

expect.set_options(timeout=30_000)  # of a page on a busy machine
_PAIRS = 8
"""That of `ada`, and one for each test that asks for `twins`."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """All services and fronts, as `make run` starts them; not started where there is no browser to look at them."""
    if executable() is None:
        pytest.skip(f"the tests in a browser were not run: no Chromium here; {HOW}")
    environment = {"RAPPORT_CONSOLE__WAIT_S": "2"}
    with started(make_stack(tmp_path_factory.mktemp("browser"), fronts=FRONTS, env=environment)) as running:
        yield running


@pytest.fixture
async def _context(
    request: pytest.FixtureRequest, stack: EmbeddedStack
) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    del stack
    marker = request.node.get_closest_marker("browser")
    async with browser_context(**(marker.kwargs if marker else {})) as opened:
        yield opened


@pytest.fixture
async def page(_context: tuple[BrowserContext, list[str]]) -> Page:
    """An empty page."""
    return await _context[0].new_page()


@pytest.fixture
def complaints(_context: tuple[BrowserContext, list[str]]) -> list[str]:
    """What went wrong in the page so far; a sound page leaves it empty."""
    return _context[1]


@pytest.fixture(scope="session")
def _pairs(stack: EmbeddedStack) -> list[Customer]:
    """Served side by side, since most of the time each waits for the services."""

    async def served() -> list[Customer]:
        return await asyncio.gather(*(serve_twins(stack) for _ in range(_PAIRS)))

    return asyncio.run(served())


@pytest.fixture
def twins(_pairs: list[Customer]) -> Customer:
    """Somebody who was written down twice, whom no other test has changed."""
    return _pairs.pop()


@pytest.fixture(scope="session")
def ada(stack: EmbeddedStack, _pairs: list[Customer]) -> Customer:
    """For tests that only look."""

    async def served() -> Customer:
        await publish_letter(stack, LETTER)
        customer = await publish_segment(stack, await write_article(stack, _pairs.pop()))
        return await keep_desk(stack, await draft_mailing(stack, customer))

    return asyncio.run(served())


@pytest.fixture(scope="session")
def axe() -> str:
    (asset,) = read_lock(Path(__file__).with_name("assets.lock"))
    return fetch(asset).decode()

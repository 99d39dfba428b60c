"""Every page in front of services that have a thousand of everything, and of which some hang.

A list leads on to what follows, and no page grows with what there is. A page comes after one wait, whatever hangs.
"""

import gzip
import re
from collections import defaultdict
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from services.console.shell.asking import SERVICES
from tests.unit.console.conftest import SAME
from tests.unit.console.full import Full
from tests.unit.console.test_attacks import _ID, _routes
from tests.unit.console.test_refusing import NO_PAGES, NOTHING_TYPED, TYPED, Fields, _address

_NEXT = re.compile(r'<a [^>]*rel="next"[^>]*>')
_OTHERS = {"/find", "/login", "/login/callback", "/campaigns/{name}/letters/{template}/html"}
"""What is no page of its own."""
_FREE = {
    "/queues/{queue}",
    "/surveys",
    "/campaigns/{name}",
    "/campaigns/{name}/enrolments",
    "/backtests/campaigns/{name}",
}
"""Pages of what has rules beyond its schema, which no answer that is made of the schema keeps."""
_ASKING = {
    "/articles": ("", "?q=parcel"),
    "/follow-ups": ("", "?outcome=one"),
    "/forecasts/series": ("?id=sales:1:GROCERY:1:DKK",),
    "/disputes/new": (f"?party_id={_ID}",),
    "/erasures/new": (f"?party_id={_ID}",),
    "/segments/{name}/why": ("", f"?who={_ID}"),
}
"""Of pages whose address says more."""
STEPS = 2
MOST_BYTES = 100_000
"""Compressed. With styles and scripts the first view has 150,000."""
BEGINNINGS = {
    "/": {"support /v1/tickets", "support /v1/agents/{agent_id}/followed-tickets",
          "support /v1/agents/{agent_id}/subtasks", "forecasting /v1/series/sales", "forecasting /v1/forecasts"},
    "/tickets": {"support /v1/views", "support /v1/canned-replies"},
    "/tickets/{ticket_id}": {"support /v1/canned-replies", "support /v1/tickets"},
    "/team": {"support /v1/stats/warnings"},
    "/follow-ups/sales/{trigger_event_id}": {"marketing /v1/messages"},
    "/new/mailing": {"marketing /v1/segments"},
    "/forecasts": {"forecasting /v1/series", "forecasting /v1/forecasts"},
    "/forecasts/series": {"forecasting /v1/forecasts"},
    "/models": {"forecasting /v1/models", "support /v1/triage/models"},
    "/models/{name}": {"forecasting /v1/models/{name}/quality"},
    "/operations/waiting": {f"{service} /v1/operations/{kind}" for service in SERVICES
                            for kind in ("parked", "quarantine")},
}  # fmt: skip
"""What a page shows of a list the beginning of, and no way on."""


def following(here: str, page: str) -> list[str]:
    """Where the links to more of its lists lead."""
    links = [unescape(re.search(r'href="([^"]*)"', each)[1]) for each in _NEXT.findall(page)]  # type: ignore[index]
    return [each for each in links if each != here]


def changed(here: str, link: str) -> tuple[tuple[str, str], ...]:
    """Which places in lists a link moves on."""
    return tuple(sorted({*parse_qsl(urlsplit(link).query)} - {*parse_qsl(urlsplit(here).query)}))


async def walk(client: httpx.AsyncClient, address: str) -> int:
    """Follows a page's lists, twice each: from there on it is the same again. How many bytes the largest had."""
    waiting, seen, largest = [(address, 0)], set[object](), 0
    while waiting:
        here, steps = waiting.pop()
        shown = await client.get(here, headers={"Accept": "text/html"})
        assert shown.status_code == 200, (here, shown.status_code)
        largest = max(largest, len(gzip.compress(shown.content, 5)))
        for link in following(here, shown.text):
            if steps < STEPS and (moved := changed(here, link)) not in seen:
                seen.add(moved)
                waiting.append((link, steps + 1))
    return largest


def addresses(app: FastAPI) -> list[tuple[str, str]]:
    """Every page, as its route and an address of it."""
    routes = [
        each for each in _routes(app, "GET") if each not in NO_PAGES | _OTHERS | _FREE and "attachments" not in each
    ]
    return [(each, _address(each) + more) for each in routes for more in _ASKING.get(each, ("",))]


@pytest.mark.slow
async def test_every_list_goes_on_and_no_page_grows(app: FastAPI, client: httpx.AsyncClient, full: Full) -> None:
    asked, large = defaultdict[str, dict[str, set[int]]](dict), dict[str, int]()
    for route, address in addresses(app):
        size = await walk(client, address)
        if size > MOST_BYTES:
            large[address] = size
        for each, places in full.listed.items():
            asked[route].setdefault(each, set()).update(places)
        full.listed.clear()
    short = {route: {each for each, places in lists.items() if len(places) <= STEPS} for route, lists in asked.items()}
    assert {route: lists for route, lists in short.items() if lists} == BEGINNINGS
    assert large == {}


QUIET = {
    "contacts": {"/disputes", "/disputes/{dispute_id}", "/suppressions", "/segments/{name}",
                 "/segments/{name}/why", "/mailings/{name}", "/warnings", "/frauds",
                 "/follow-ups/messages/{message_id}", "/follow-ups/sales/{trigger_event_id}"},
    "marketing": {"/new/mailing"},
    "support": {"/new/article", "/new/view", "/backtests/routing"},
    "forecasting": set[str](),
}  # fmt: skip
"""Where a service only adds names to a page, or what may be chosen: without it they are left out."""
BUTTONS = {"/parties/{party_id}/actions", "/parties/{party_id}/actions/{action_id}/{said}"}


@pytest.mark.parametrize("hanging", SERVICES)
@pytest.mark.slow
async def test_a_page_comes_after_one_wait_and_says_who_does_not_answer(
    app: FastAPI, client: httpx.AsyncClient, full: Full, hanging: str
) -> None:
    full.hanging = hanging
    wrong, quiet = [], set[str]()
    for route, address in addresses(app):
        full.waits, full.asked = 0, set()
        shown = await client.get(address, headers={"Accept": "text/html"})
        if full.waits > 1 or shown.status_code not in {200, 503} or "</html>" not in shown.text:
            wrong.append((address, shown.status_code, full.waits))
        if hanging in full.asked and "does not answer" not in shown.text.lower():
            quiet.add(route)
    assert not wrong, wrong
    assert quiet == QUIET[hanging]


@pytest.mark.parametrize("hanging", SERVICES)
@pytest.mark.slow
async def test_a_form_waits_once_and_keeps_what_was_typed(
    app: FastAPI, client: httpx.AsyncClient, full: Full, hanging: str
) -> None:
    full.hanging = hanging
    sent, wrong = {name: f"typed {name}" for name in TYPED}, []
    for route in _routes(app, "POST"):
        if route in NOTHING_TYPED | BUTTONS | _FREE:
            continue
        full.waits = 0
        shown = await client.post(f"{_address(route)}?party_id={_ID}", data={**sent, "key": "k"}, headers=SAME)
        found = Fields(shown.text).values
        kept = shown.status_code != 503 or any(sent[name] in found.get(name, ()) for name in sent)
        if full.waits > 1 or shown.status_code == 500 or not kept:
            wrong.append((route, shown.status_code, full.waits))
    assert not wrong, wrong

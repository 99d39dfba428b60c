"""The first page: what needs somebody, and how it goes. And the palette, which goes anywhere."""

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Json, Part, attempt, path_part
from services.console.shell.navigation import Place, Section, places_for, sections_for
from services.console.shell.pages import Page, Shown
from services.console.today.domain import WEEKS, sales_of

router = APIRouter()
_MOST = 200
_SHOWN = 6
_LEFT = 5
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@router.get("/")
async def show_today(page: Shown) -> Response:
    """What waits for an operator comes in once the page stands."""
    tickets, followed, overdue, left, audit, weeks, forecasts = await asyncio.gather(
        _waiting(page),
        attempt(page.asked.get("support", f"agents/{_me(page)}/followed-tickets", news="true", limit=5)),
        attempt(page.asked.get("support", f"agents/{_me(page)}/subtasks", overdue="true", limit=_LEFT)),
        attempt(page.asked.get("support", f"agents/{_me(page)}/subtasks", overdue="false", limit=_LEFT)),
        attempt(page.asked.get("marketing", "audit/follow-ups")),
        attempt(page.asked.get("forecasting", "series/sales", by="week", last=WEEKS * 7, limit=_MOST)),
        attempt(page.asked.get("forecasting", "forecasts", limit=_MOST)),
    )
    sales = sales_of(weeks.value["items"], forecasts.listed) if weeks.value else None
    return page.show(
        "today/today.html",
        tickets=tickets,
        followed=followed.listed,
        left=[*overdue.listed, *left.listed][:_LEFT],
        audit=audit,
        weeks=weeks,
        sales=sales,
        operates=page.may("crm:admin"),
    )


def _me(page: Page) -> str:
    assert page.agent is not None
    return path_part(page.agent.name)


async def _waiting(page: Page) -> Part[list[Json]]:
    """Tickets that wait for somebody, the newest first: new ones, and where these are few, open ones too."""
    new = await attempt(page.asked.get("support", "tickets", status="new", limit=_SHOWN))
    if new.trouble or len(new.listed) >= _SHOWN:
        return Part(new.listed, new.trouble)
    opened = await attempt(page.asked.get("support", "tickets", status="open", limit=_SHOWN))
    return Part([*new.listed, *opened.listed][:_SHOWN], opened.trouble)


@router.get("/find")
async def find(page: Shown, q: Annotated[str, Query(max_length=320)] = "") -> Response:
    """What the palette lists: pages whose title has the text, parties, and the ticket of a number."""
    asked = q.strip()
    known: list[Section | Place] = [*sections_for(page.agent), *places_for(page.agent)]
    pages = [each for each in known if asked.casefold() in page.words.text(each.title).casefold()]
    parties, campaigns, tickets = Part[Json](), Part[Json](), Part[Json]()
    if asked:
        parties, campaigns, tickets = await asyncio.gather(
            attempt(page.asked.get("contacts", "parties", q=asked, limit=6)),
            attempt(page.asked.get("marketing", "campaigns", limit=_MOST)),
            _ticket(page, asked.removeprefix("#")),
        )
    named = campaigns.listed
    return page.show(
        "today/found.html",
        pages=pages,
        parties=parties,
        tickets=tickets.listed,
        campaigns=[each for each in named if asked.casefold() in each["campaign"].casefold()][:5],
    )


async def _ticket(page: Page, number: str) -> Part[Json]:
    """The ticket of a number; nothing for what is none."""
    if not _NUMBER.fullmatch(number):
        return Part()
    return await attempt(page.asked.get("support", "tickets", number=int(number)))

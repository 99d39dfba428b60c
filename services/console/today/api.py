"""The first page: what needs somebody, and how it goes. And the palette, which goes anywhere."""

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import SERVICES, Json, Part, attempt, path_part
from services.console.shell.navigation import PLACES, Place, Section, sections_for
from services.console.shell.pages import Page, Shown
from services.console.today.domain import WEEKS, sales_of

router = APIRouter()
_MOST = 200
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@router.get("/")
async def show_today(page: Shown) -> Response:
    (new, opened, followed), audit, weeks, forecasts, parked = await asyncio.gather(
        _tickets(page),
        attempt(page.asked.get("marketing", "audit/follow-ups")),
        attempt(page.asked.get("forecasting", "series/sales", by="week", last=WEEKS * 7, limit=_MOST)),
        attempt(page.asked.get("forecasting", "forecasts", limit=_MOST)),
        _parked(page),
    )
    sales = sales_of(weeks.value["items"], forecasts.listed) if weeks.value else None
    return page.show(
        "today/today.html",
        tickets=[*new.listed, *opened.listed][:6],
        trouble=new.trouble or opened.trouble,
        followed=followed.listed,
        audit=audit,
        weeks=weeks,
        sales=sales,
        parked=parked,
    )


async def _tickets(page: Page) -> tuple[Part[Json], Part[Json], Part[Json]]:
    """Those that are new, those that are open, and of those that the agent follows what they have not seen."""
    assert page.agent is not None
    return await asyncio.gather(
        attempt(page.asked.get("support", "tickets", status="new", limit=5)),
        attempt(page.asked.get("support", "tickets", status="open", limit=5)),
        attempt(
            page.asked.get("support", f"agents/{path_part(page.agent.name)}/followed-tickets", news="true", limit=5)
        ),
    )


async def _parked(page: Page) -> list[tuple[str, Part[Json]]]:
    """For those who may see it: what waits in each service."""
    if page.agent is None or "crm:admin" not in page.agent.scopes:
        return []
    asked = (attempt(page.asked.get(service, "operations/parked", limit=1)) for service in SERVICES)
    return list(zip(SERVICES, await asyncio.gather(*asked), strict=True))


@router.get("/find")
async def find(page: Shown, q: Annotated[str, Query(max_length=320)] = "") -> Response:
    """What the palette lists: pages whose title has the text, parties, and the ticket of a number."""
    asked = q.strip()
    known: list[Section | Place] = [*sections_for(page.agent), *PLACES]
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

"""Surveys: the page by which a reader answers, and the results."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.surveys import commands, store
from services.marketing.surveys.domain.page import ask, thank
from services.marketing.surveys.schemas import Result
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import Invalid
from shared.http.app import Listing, Page, requires, service_of, write
from shared.http.forms import HEADERS

router = APIRouter(prefix="/v1", tags=["marketing"])
answers = APIRouter(prefix="/v1", tags=["marketing"])
"""Opened by the signature of their token alone, since whoever reads a letter has no other one."""
Serving = Annotated[Service, Depends(service_of)]


@answers.get("/surveys/answers/{token}", response_class=HTMLResponse)
async def show_survey(service: Serving, token: str) -> HTMLResponse:
    """A page with a button for each value, and nothing else: whoever follows links on a person's behalf answers
    nothing.
    """
    async with service.read() as tx:
        link = commands.find_link(tx, token)
        language = await commands.find_language(tx, link)
    return HTMLResponse(ask(link.survey, language), headers=HEADERS)


@answers.post("/surveys/answers/{token}", response_class=HTMLResponse)
async def answer_survey(
    service: Serving,
    token: str,
    value: Annotated[int | None, Query(ge=0, le=10, description="Needed; as the survey offers it.")] = None,
) -> HTMLResponse:
    """The first answer counts; another one is thanked for, and changes nothing."""

    async def act(tx: Transaction) -> str:
        link = commands.find_link(tx, token)
        if value is None:
            raise Invalid("an answer has a value", field="value")
        taken = await commands.reply(tx, link, value)
        return thank(await commands.find_language(tx, link), again=not taken)

    return HTMLResponse(await write(service, act), headers=HEADERS)


@router.get("/surveys", dependencies=[Depends(requires("crm:read"))])
async def list_results(
    service: Serving,
    page: Page,
    by: Annotated[
        store.Parts | None, Query(description="What `part` tells apart; without it everything is one.")
    ] = None,
    survey: Survey | None = None,
    sku: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    channel: Annotated[str | None, Query(min_length=1, max_length=20)] = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    until: Annotated[date | None, Query(alias="to", description="The day after the last.")] = None,
) -> Listing[Result]:
    """By days of UTC on which answers were given. By product an answer counts for each product of its sale."""
    after = page.after(str, str)
    async with service.read() as tx:
        found = await store.load_results(tx, by, survey, sku, channel, (since, until), after, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.survey, each.part))

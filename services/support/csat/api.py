"""How satisfied customers are: the link that asks, and the page by which they answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, Response

from services.support.csat import commands
from services.support.csat.domain.page import ask, part_from, thank
from services.support.csat.domain.rating import FIRST, LAST
from services.support.csat.schemas import Satisfaction, SurveyLink
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Once, idempotent, requires, service_of, write
from shared.http.forms import HEADERS
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1", tags=["csat"])

Reading = Annotated[Serving, Depends(service_of)]
Writing = Annotated[Service, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]


@router.post("/tickets/{ticket_id}/survey", dependencies=[Depends(requires("crm:write"))], response_model=SurveyLink)
async def ask_customer(ticket_id: UUID, once: Repeatable) -> Response:
    """The link by which the customer says how satisfied they are; 409 before the ticket is resolved."""

    async def act(tx: Transaction) -> SurveyLink:
        return await commands.ask(tx, ticket_id)

    return await once.write(act)


@router.get("/tickets/{ticket_id}/csat", dependencies=[Depends(requires("crm:read"))])
async def read_satisfaction(service: Reading, ticket_id: UUID) -> Satisfaction:
    """What the customer said of the ticket; 404 where nothing was said."""
    async with service.read() as tx:
        found = await commands.find_satisfaction(tx, ticket_id)
    if found is None:
        raise NotFound("nothing was said of this ticket")
    return found


@router.get("/surveys/answers/{token}", response_class=HTMLResponse)
async def show_survey(service: Reading, token: str) -> HTMLResponse:
    """A page with a button for each value, and nothing else: whoever follows links on a person's behalf answers
    nothing.
    """
    async with service.read() as tx:
        language = await commands.find_language(tx, commands.check_link(tx, token))
    return HTMLResponse(ask(language), headers=HEADERS)


@router.post("/surveys/answers/{token}", response_class=HTMLResponse)
async def answer_survey(
    service: Writing,
    token: str,
    *,
    value: Annotated[int | None, Query(ge=FIRST, le=LAST, description="Needed, or `refuse`.")] = None,
    refuse: Annotated[bool, Query(description="The customer is asked no more by e-mail, about no ticket.")] = False,
) -> HTMLResponse:
    """The first answer counts; another one is thanked for, and changes nothing."""

    async def act(tx: Transaction) -> str:
        language = await commands.find_language(tx, commands.check_link(tx, token))
        if refuse:
            await commands.refuse(tx, token)
            return part_from(language)
        taken = await commands.answer(tx, token, value)
        return thank(language, again=not taken)

    return HTMLResponse(await write(service, act), headers=HEADERS)

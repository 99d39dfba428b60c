"""Triage over HTTP: correcting it, asking it, and how often it is right."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.support.settings import Context
from services.support.triage import commands
from services.support.triage.schemas import (
    Answer,
    CategoryList,
    CategoryView,
    Correction,
    ModelView,
    Question,
    TriageView,
)
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.limits import COSTLY
from shared.http.readiness import Serving
from shared.http.staff import staff_of

router = APIRouter(prefix="/v1/tickets", tags=["triage"])
models = APIRouter(prefix="/v1/triage", tags=["triage"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
READS = [Depends(requires("crm:read"))]


@router.post("/{ticket_id}/triage", response_model=TriageView)
async def correct_triage(
    ticket_id: UUID, new: Correction, principal: Writer, once: Annotated[Once, Depends(idempotent)]
) -> Response:
    """Say what the request is about; the next model learns from it."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> TriageView:
        return await commands.correct(tx, ticket_id, new.category, new.urgency, agent)

    return await once.write(act)


@models.post("/answers", dependencies=[Depends(requires("crm:write")), COSTLY])
async def ask_triage(service: Service, question: Question) -> Answer:
    """What triage would say of a text now; nothing is kept of it."""
    async with service.read() as tx:
        return await commands.answer(tx, question.text)


@models.get("/models", dependencies=READS)
async def list_models(service: Service, page: Page) -> Listing[ModelView]:
    """Every version, newest first, judged on tickets whose category became known after its answer."""
    position = page.after(int)
    async with service.read() as tx:
        found = await commands.list_models(tx, position[0] if position else None, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.version,))


@models.get("/categories", dependencies=READS)
async def list_categories(service: Service) -> CategoryList:
    """What requests are about, as this instance has read it."""
    async with service.read() as tx:
        context: Context = tx.context
    return CategoryList(
        items=[
            CategoryView(name=each.name, impact=each.impact, skills=list(each.skills), examples=len(each.examples))
            for each in context.categories.values()
        ]
    )

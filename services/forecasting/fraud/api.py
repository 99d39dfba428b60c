"""What looks like fraud, over HTTP: the queue, and verdicts of people."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.forecasting.fraud import commands, store
from services.forecasting.fraud.schemas import AssessmentView, NewVerdict
from services.forecasting.fraud_rules import MOST_POINTS, Band
from shared.engine.transaction import Transaction
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/frauds", tags=["frauds"])
Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]


@router.get("", dependencies=[Depends(requires("crm:read"))])
async def list_frauds(
    service: Service,
    page: Page,
    band: Annotated[Annotated[Band | None, BlankIsNone], Query(description="Only of this band.")] = None,
    state: Annotated[
        Annotated[Literal["open", "judged"] | None, BlankIsNone],
        Query(description="Open ones, which nobody has judged, where nothing is said."),
    ] = None,
    party_id: Annotated[Annotated[UUID | None, BlankIsNone], Query(description="Only of this party.")] = None,
) -> Listing[AssessmentView]:
    """Those of most points first, each with its reasons."""
    after = page.after(int, UUID) or (MOST_POINTS + 1, UUID(int=0))
    async with service.read() as tx:
        found = await store.list_frauds(
            tx,
            judged=state == "judged",
            band=band,
            party_id=party_id,
            after=(min(after[0], MOST_POINTS + 1), after[1]),
            limit=page.limit + 1,
        )
    return page.listing(found, lambda one: one, lambda one: (one.points, one.assessment_id))


@router.post("/{assessment_id}/judge", response_model=AssessmentView, responses=answers_with(200, "ETag"))
async def judge_fraud(
    assessment_id: UUID,
    new: NewVerdict,
    principal: Writer,
    once: Annotated[Once, Depends(idempotent)],
    if_match: IfMatch = None,
) -> Response:
    """Say what it was. Sales of the same device, card or address are assessed by it from now on; a later verdict
    takes the place of an earlier one.
    """
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> AssessmentView:
        return await commands.judge(tx, assessment_id, new.verdict, agent, versions_of(if_match))

    return with_etag(await once.write(act))

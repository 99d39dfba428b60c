"""Where enrolments stand, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.marketing.catalogue import commands as catalogue
from services.marketing.flows import commands, store
from services.marketing.flows.schemas import Enrol, FlowState, RequestedParties, Standing
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Once, idempotent, requires, service_of
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"])
READS = Depends(requires("crm:read"))
Repeatable = Annotated[Once, Depends(idempotent)]
Serving = Annotated[Service, Depends(service_of)]
MIXED = 207
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": RequestedParties, "description": "All of them are in the campaign already."},
    202: {"model": RequestedParties, "description": "All of them were taken."},
    MIXED: {"model": RequestedParties, "description": "Look at the results: some were not taken."},
}


@router.get("/enrolments/{enrolment_id}", dependencies=[READS])
async def read_enrolment(service: Serving, enrolment_id: UUID) -> FlowState:
    """Where one stands, of a campaign that has more than messages to remember."""
    async with service.read() as tx:
        flow = await store.find_flow(tx, enrolment_id)
    if flow is None:
        raise NotFound("no enrolment with a state has this id")
    return FlowState(
        enrolment_id=flow.id,
        campaign_version=flow.version,
        deciding_event_id=flow.ended_by,
        **{name: getattr(flow, name) for name in FlowState.model_fields.keys() & set(flow.__slots__)},
    )


@router.get("/campaigns/{name}/flow", dependencies=[READS, COSTLY])
async def count_enrolments(
    service: Serving, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> list[Standing]:
    """Who is where in a version, the newest one if none is asked for: by step, and by how it ended there."""
    async with service.read() as tx:
        number = await catalogue.find_version(tx, name, version)
        if number is None:
            raise NotFound("no campaign has this name and version")
        return await store.count_flows(tx, name, number)


@router.post(
    "/campaigns/{name}/enrolments",
    status_code=202,
    response_model=RequestedParties,
    responses=_ANSWERS,
    dependencies=[Depends(requires("crm:write"))],
)
async def enrol_parties(name: str, asked: Enrol, once: Repeatable) -> Response:
    """Has parties enrolled in a campaign that `enrolment.requested` triggers, 1,000 at most.

    Each is answered by itself; one that is not taken stops no other. Who is taken is let in or not as by any trigger.
    """

    async def act(tx: Transaction) -> RequestedParties:
        return RequestedParties(campaign=name, results=await commands.request(tx, name, asked.parties))

    return await once.write(act, status=_status_of)


def _status_of(done: RequestedParties) -> int:
    statuses = {each.status for each in done.results}
    return 202 if statuses == {202} else 200 if statuses == {200} else MIXED

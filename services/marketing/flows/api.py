"""Where enrolments stand, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.marketing.catalogue import commands as catalogue
from services.marketing.flows import store
from services.marketing.flows.schemas import FlowState, Standing
from shared.engine.service import Service
from shared.errors import NotFound
from shared.http.app import requires, service_of
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
Serving = Annotated[Service, Depends(service_of)]


@router.get("/enrolments/{enrolment_id}")
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


@router.get("/campaigns/{name}/flow", dependencies=[COSTLY])
async def count_enrolments(
    service: Serving, name: str, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> list[Standing]:
    """Who is where in a version, the newest one if none is asked for: by step, and by how it ended there."""
    async with service.read() as tx:
        number = await catalogue.find_version(tx, name, version)
        if number is None:
            raise NotFound("no campaign has this name and version")
        return await store.count_flows(tx, name, number)

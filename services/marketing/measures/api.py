"""What came of a campaign, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.marketing.measures import commands
from services.marketing.measures.schemas import Measures
from shared.engine.service import Service
from shared.http.app import requires, service_of
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
Serving = Annotated[Service, Depends(service_of)]


@router.get("/campaigns/{name}/measures", dependencies=[COSTLY])
async def read_measures(service: Serving, name: str) -> Measures:
    """What came back of the messages of a campaign or a mailing, by people and by machines, and what its type counts.
    Nothing where nothing did.
    """
    async with service.read() as tx:
        return await commands.measure(tx, name)

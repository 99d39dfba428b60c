"""What to offer a party next, with reasons."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.forecasting.copies import commands as copies
from services.forecasting.cross_sell import commands
from services.forecasting.cross_sell.schemas import AdviceView
from shared.http.app import requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/cross-sell", tags=["cross-sell"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("")
async def read_advice(
    service: Service, party_id: Annotated[UUID, Query(description="The party to be advised on.")]
) -> AdviceView:
    """Products that it buys again and again, and those that go with what it has; never what it sent back or disputes,
    nothing while an urgent request of it is open.
    """
    async with service.read() as tx:
        return await commands.read_advice(tx, await copies.find_family(tx, party_id))

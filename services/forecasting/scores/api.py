"""Today's scores of a party."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.forecasting.copies import commands as copies
from services.forecasting.scores import commands
from services.forecasting.scores.schemas import PartyScores
from shared.http.app import requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/scores", tags=["scores"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("/{party_id}")
async def read_scores(service: Service, party_id: UUID) -> PartyScores:
    """P(alive), the purchase days expected in the next 28 days, the probability of none, the health, and in
    which fifths of all parties it is (`rfm`), from what is
    known now, of a party with all that were merged with it; `party_id` is the one that goes on.
    """
    async with service.read() as tx:
        return await commands.read_scores(tx, await copies.find_family(tx, party_id))

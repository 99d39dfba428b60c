"""What is expected of a party and what may be done about it, in one answer for whoever shows all of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.forecasting.actions import commands as actions
from services.forecasting.copies import commands as copies
from services.forecasting.copies.domain import Family
from services.forecasting.cross_sell import commands as cross_sell
from services.forecasting.overview.schemas import PartyOverview
from services.forecasting.scores import commands as scores
from services.forecasting.scores.schemas import PartyScores
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/overviews", tags=["overviews"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]
_ACTIONS = 12


@router.get("/{party_id}")
async def read_overview(service: Service, party_id: UUID) -> PartyOverview:
    """Its scores, what to offer it and what was suggested, as `scores`, `cross-sell` and `actions` show them; empty of
    a party that nobody knows.
    """
    async with service.read() as tx:
        family = await copies.find_family(tx, party_id)
        return PartyOverview(
            party_id=family.party_id,
            scores=await _scores(tx, family),
            advice=await cross_sell.read_advice(tx, family),
            actions=await actions.list_newest(tx, family, _ACTIONS),
        )


async def _scores(tx: Transaction, family: Family) -> PartyScores | None:
    try:
        return await scores.read_scores(tx, family)
    except NotFound:
        return None

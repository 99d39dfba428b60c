"""Today's scores of a party."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.forecasting import store
from services.forecasting.api.views import ContributionView, PartyScores, ScoreView
from services.forecasting.domain.score import MODEL, scores_of
from services.forecasting.sight import Sight
from shared.errors import NotFound
from shared.http.app import requires, service_of

router = APIRouter(prefix="/v1/scores", tags=["scores"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Any, Depends(service_of)]


@router.get("/{party_id}")
async def read_scores(service: Service, party_id: UUID) -> PartyScores:
    """P(alive) and the purchase days expected in the next 28 days, from the purchases known now."""
    async with Sight(service).sales() as tx:
        today = tx.now.date()
        model = await store.latest_lifetime(tx, MODEL)
        history = await store.load_history(tx, party_id, today)
        now = tx.now
    if history is None:
        raise NotFound("no purchase of this party is known")
    if model is None:
        raise NotFound("no model has been fitted yet: it takes 30 parties, some of whom came back")
    lifetime, cut = model
    return PartyScores(
        party_id=party_id,
        as_of=now,
        model=f"{MODEL}/{cut.isoformat()}",
        trained_until=cut,
        scores=[
            ScoreView(
                score=one.name,
                value=one.value,
                band=one.band,
                contributions=[
                    ContributionView(input=part.input, value=part.value, effect=part.effect)
                    for part in one.contributions
                ],
            )
            for one in scores_of(party_id, history.at(today), lifetime)
        ],
    )

"""Today's scores of a party."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.forecasting.scores import commands, store
from services.forecasting.scores.domain.score import MODEL, Score, scores_of
from services.forecasting.scores.schemas import ContributionView, PartyScores, ScoreView
from shared.errors import NotFound
from shared.http.app import requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/scores", tags=["scores"], dependencies=[Depends(requires("crm:read"))])
Service = Annotated[Serving, Depends(service_of)]


@router.get("/{party_id}")
async def read_scores(service: Service, party_id: UUID) -> PartyScores:
    """P(alive) and the purchase days expected in the next 28 days, from the purchases known now."""
    async with service.read() as tx:
        now, today = tx.now, tx.now.date()
        model = await commands.find_lifetime(tx)
        history = await store.load_history(tx, party_id, today)
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
        scores=[_view(one) for one in scores_of(party_id, history.at(today), lifetime)],
    )


def _view(score: Score) -> ScoreView:
    parts = [ContributionView(input=part.input, value=part.value, effect=part.effect) for part in score.contributions]
    return ScoreView(score=score.name, value=score.value, band=score.band, contributions=parts)

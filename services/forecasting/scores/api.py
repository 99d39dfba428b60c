"""Today's scores of a party."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.forecasting.copies import commands as copies
from services.forecasting.scores import commands, store
from services.forecasting.scores.domain.score import MODEL, Score
from services.forecasting.scores.schemas import ContributionView, PartyScores, ScoreView
from shared.errors import NotFound
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
        now, today = tx.now, tx.now.date()
        fitted = await commands.find_fitted(tx)
        family = await copies.find_family(tx, party_id)
        history = await store.load_history(tx, family.ids, today)
        signs = await commands.find_signs(tx, family, today)
    if history is None:
        raise NotFound("no purchase of this party is known")
    if fitted.lifetime is None:
        raise NotFound("no model has been fitted yet: it takes 30 parties, some of whom came back")
    return PartyScores(
        party_id=family.party_id,
        as_of=now,
        model=fitted.version(MODEL),
        trained_until=fitted.trained[MODEL],
        scores=[
            _view(one, fitted.version(one.model)) for one in fitted.scores_of(family.party_id, history, today, signs)
        ],
    )


def _view(score: Score, model: str) -> ScoreView:
    parts = [ContributionView(input=part.input, value=part.value, effect=part.effect) for part in score.contributions]
    return ScoreView(model=model, score=score.name, value=score.value, band=score.band, contributions=parts)

"""The body of what is expected of a party."""

from uuid import UUID

from pydantic import BaseModel

from services.forecasting.actions.schemas import ActionView
from services.forecasting.cross_sell.schemas import AdviceView
from services.forecasting.scores.schemas import PartyScores


class PartyOverview(BaseModel):
    """`scores` is null where nothing can be said; `actions` are the newest twelve suggestions, and what was made of
    them.
    """

    party_id: UUID
    scores: PartyScores | None
    advice: AdviceView
    actions: list[ActionView]

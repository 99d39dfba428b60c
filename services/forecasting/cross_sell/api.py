"""What to offer a party next, with reasons."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.forecasting.copies import commands as copies
from services.forecasting.cross_sell import commands
from services.forecasting.cross_sell.domain import Offer
from services.forecasting.cross_sell.schemas import AdviceView, OfferView
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
        family = await copies.find_family(tx, party_id)
        advice, cut = await commands.advise_party(tx, family, tx.now.date())
    offers = [_view(one) for one in advice.offers]
    return AdviceView(party_id=family.party_id, trained_until=cut, offers=offers, none_because=advice.none_because)


def _view(offer: Offer) -> OfferView:
    view = OfferView(
        sku=offer.sku, reason=offer.reason, probability=round(offer.probability, 6), because_of=offer.because_of
    )
    if (pair := offer.pair) is not None:
        view.buyers, view.together, view.lift, view.chance = (
            pair.buyers,
            pair.together,
            round(pair.lift, 3),
            pair.chance,
        )
    return view

"""What may be offered to a party, and the pairs of products that it is made of."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from services.forecasting.copies.domain import Family
from services.forecasting.cross_sell import store
from services.forecasting.cross_sell.domain import FEWEST_BOTH, SHOWN, Advice, Offer, Pair, advise
from services.forecasting.cross_sell.schemas import AdviceView, OfferView
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketStatusChanged, TicketTriaged

_YEAR = timedelta(days=364)
_OVER = frozenset(("resolved", "closed", "merged", "spam"))
_FIRST = UUID(int=0)


async def copy_urgency(tx: Transaction, events: Sequence[Event[TicketTriaged | TicketStatusChanged]]) -> None:
    """Keep which tickets are urgent, and which are over; of each the last word of a batch holds."""
    called: dict[UUID, tuple[UUID, UUID, bool]] = {}
    moved: dict[UUID, tuple[UUID, UUID, bool]] = {}
    for event in events:
        data = event.data
        if isinstance(data, TicketTriaged):
            called[data.ticket_id] = data.ticket_id, data.party_id, data.priority == "urgent"
        else:
            moved[data.ticket_id] = data.ticket_id, data.party_id, data.status in _OVER
    await store.call_urgent(tx, list(called.values()))
    await store.move_urgent(tx, list(moved.values()))


async def load_common(tx: Transaction, cut: date, most: int) -> list[str]:
    """The products of the year before the cut that are looked at."""
    return await store.load_common(tx, cut - _YEAR, cut, most, FEWEST_BOTH)


async def load_baskets(
    tx: Transaction, after: UUID | None, cut: date, products: Sequence[str], size: int
) -> tuple[list[list[int]], UUID | None]:
    """What the next `size` parties bought in the year before the cut, and the last of them, None after all."""
    page = await store.load_baskets(tx, after or _FIRST, cut - _YEAR, cut, products, size)
    return [places for _, places in page], page[-1][0] if len(page) == size else None


async def replace_pairs(tx: Transaction, cut: date, pairs: Sequence[Pair]) -> None:
    """The pairs of a cut take the place of those before."""
    await store.replace_pairs(tx, cut, pairs)


async def advise_party(tx: Transaction, family: Family, today: date) -> tuple[Advice, date | None]:
    """What may be offered, or why nothing; and the cut that the pairs were learnt at."""
    known, cut = await store.load_known(tx, family.ids, today)
    offered = [one.sku for one in known.products if one.sku not in known.never]
    pairs = await store.load_best(tx, offered, {*known.never, *known.has}, SHOWN)
    return advise(known, pairs, learnt=cut is not None), cut


async def read_advice(tx: Transaction, family: Family) -> AdviceView:
    """The same as it is shown, today."""
    advice, cut = await advise_party(tx, family, tx.now.date())
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

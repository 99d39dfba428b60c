"""The scores of parties: their purchase days, the model of a cut, and page by page what is worth publishing."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import instant
from services.forecasting.models import commands as models
from services.forecasting.scores import store
from services.forecasting.scores.domain.erasure import announce_nothing_held
from services.forecasting.scores.domain.lifetime import Histories, History, Lifetime
from services.forecasting.scores.domain.purchases import add_up
from services.forecasting.scores.domain.score import (
    MODEL,
    Score,
    announce_score,
    scores_of,
    worth_publishing,
)
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyErased
from shared.events.sales import OfSales
from shared.ids import dated_id

HELD_OUT = timedelta(days=28)
"""What a model is judged on: the last days before its cut."""
_FIRST = UUID(int=0)


async def add_purchases(tx: Transaction, events: Sequence[Event[OfSales]]) -> None:
    """Add a batch of sales to the purchase days of their parties."""
    await store.add_purchases(tx, add_up(events))


async def find_lifetime(tx: Transaction) -> tuple[Lifetime, date] | None:
    """The model in force and the cut that it was fitted to."""
    found = await models.find_newest_model(tx, MODEL)
    return (Lifetime(**found[0]), found[1]) if found else None


async def load_histories(tx: Transaction, cut: date, most: int) -> Histories:
    """What the model of a cut is fitted to: at most about `most` parties, the same ones every time."""
    return await store.load_histories(tx, cut, cut - HELD_OUT, most)


async def save_lifetime(tx: Transaction, cut: date, model: Lifetime, quality: Mapping[str, float]) -> None:
    parameters = {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b, "level": model.level}
    await models.save_model(tx, MODEL, cut, parameters, quality)


async def score_page(tx: Transaction, model: Lifetime | None, cut: date, size: int) -> tuple[int, bool]:
    """Score the next `size` parties and move the cut's cursor; how many were published, and whether more follow."""
    progress = await cuts.lock_cut(tx, cut)
    if progress is None or progress.scored:
        return 0, False
    page = await store.load_page(tx, progress.after or _FIRST, cut, size) if model else []
    published = await _publish(tx, page, model, cut) if model else 0
    more = len(page) == size
    await cuts.save_cut(tx, cut, page[-1][0] if page else None, scored=not more)
    return published, more


async def _publish(tx: Transaction, page: Sequence[tuple[UUID, History | None]], model: Lifetime, cut: date) -> int:
    scores: list[Score] = []
    for party_id, history in page:
        if history is not None:
            scores += scores_of(party_id, history.at(cut), model)
    before = await store.load_published(tx, [party_id for party_id, _ in page])
    news = worth_publishing(scores, before, cut)
    await store.save_scores(tx, news, cut)
    name = f"{MODEL}/{cut.isoformat()}"
    tx.emit(
        Emission(
            data=announce_score(one, name, cut, tx.now), time=instant(cut), id=_event_id(cut, one.party_id, one.name)
        )
        for one in news
    )
    return len(news)


def _event_id(cut: date, party_id: UUID, name: str) -> UUID:
    """A cut that is scored again after a restore says the same, and is not published a second time."""
    return dated_id(int(instant(cut).timestamp() * 1000), "score", party_id, name, cut)


async def confirm_erasures(tx: Transaction, events: Sequence[Event[PartyErased]]) -> None:
    """There is nothing here that says who a party is."""
    tx.emit(announce_nothing_held(event) for event in events)

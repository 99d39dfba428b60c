"""The scores of parties: their purchase days, the model of a cut, and page by page what is worth publishing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ParamSpec
from uuid import UUID

from services.forecasting.activity import commands as activity
from services.forecasting.activity.domain import Disputes
from services.forecasting.copies.domain import Family
from services.forecasting.cuts import commands as cuts
from services.forecasting.cuts.domain import instant
from services.forecasting.models import commands as models
from services.forecasting.scores import store
from services.forecasting.scores.domain.churn import Churn, churn_from
from services.forecasting.scores.domain.erasure import announce_forgotten
from services.forecasting.scores.domain.habits import Buying, buying_from
from services.forecasting.scores.domain.health import Signs, health_of
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.packed import Packed
from services.forecasting.scores.domain.purchases import Spent, add_up
from services.forecasting.scores.domain.rfm import FEWEST, FREQUENCY, YEAR, Fifths, fifths_from, rfm_of
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import (
    ALIVE,
    CHURN,
    CHURN_MODEL,
    EXPECTED,
    HEALTH,
    HEALTH_MODEL,
    MODEL,
    RFM_MODEL,
    Score,
    announce_score,
    churn_of,
    scores_of,
    worth_publishing,
)
from services.forecasting.scores.schemas import ContributionView, PartyScores, ScoreView
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.erased import PartyErased
from shared.events.figures import is_finite
from shared.events.sales import OfSales
from shared.ids import dated_id

HELD_OUT = timedelta(days=28)
"""What a model is judged on: the last days before its cut."""
_BEHIND = (3, 2, 1)
"""Cuts that models are learnt from, in lengths of HELD_OUT before its own."""
_FIRST = UUID(int=0)
_FEWEST_GAPS = 3
_NONE = "cannot be calculated: a figure is no finite number"
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Fitted:
    """The models of a cut and the cuts that they were fitted to; None where there was too little to learn from."""

    lifetime: Buying | None
    churn: Churn | None
    fifths: Fifths | None
    trained: Mapping[str, date]

    def version(self, name: str) -> str:
        """Health is a rule about churn, so the cut is that of the model of churn."""
        return f"{name}/{self.trained[CHURN_MODEL if name == HEALTH_MODEL else name].isoformat()}"

    def scores_of(self, party_id: UUID, history: History, cut: date, signs: Signs | None = None) -> list[Score]:
        """What can be said of one party; of its health, and of where it stands among all, where signs of these were
        looked for. What cannot be calculated is left out.
        """
        found = _calculated(scores_of, party_id, history, self.lifetime, cut) if self.lifetime else []
        if self.fifths is not None and signs is not None and signs.spent is not None:
            rfm = rfm_of(party_id, history, signs.spent, self.fifths, cut)
            found += [rfm] if rfm and is_finite(rfm) else []
        churn = self.churn_of(party_id, history, cut)
        if churn is None:
            return found
        return [*found, churn, *(_calculated(_health_of, party_id, history, churn, signs, cut) if signs else [])]

    def churn_of(self, party_id: UUID, history: History, cut: date) -> Score | None:
        """None without a model, and where it cannot be calculated."""
        found = _calculated(_churn_of, party_id, history, self.churn, cut) if self.churn else []
        return found[0] if found else None

    def left_out(self, found: Iterable[Score]) -> set[str]:
        """The scores of the models that are not among those found of a party."""
        names = {ALIVE, EXPECTED} if self.lifetime else set()
        return (names | ({CHURN, HEALTH} if self.churn else set())) - {one.name for one in found}


async def add_purchases(tx: Transaction, events: Sequence[Event[OfSales]]) -> None:
    """Add a batch of sales to the purchase days of their parties."""
    await store.add_purchases(tx, add_up(events))


async def find_fitted(tx: Transaction) -> Fitted:
    """The models in force."""
    found = await models.find_models_in_force(tx, (MODEL, CHURN_MODEL, RFM_MODEL))
    return Fitted(
        buying_from(found[MODEL][0]) if MODEL in found else None,
        churn_from(found[CHURN_MODEL][0]) if CHURN_MODEL in found else None,
        fifths_from(found[RFM_MODEL][0]) if RFM_MODEL in found else None,
        {name: cut for name, (_, cut) in found.items()},
    )


async def find_trained(tx: Transaction) -> Mapping[str, date]:
    """The cut of the newest model of each name, used or not."""
    found = {name: await models.find_newest_cut(tx, name) for name in (MODEL, CHURN_MODEL, RFM_MODEL)}
    return {name: cut for name, cut in found.items() if cut is not None}


async def load_came_at(tx: Transaction, day: date, most: int) -> Packed:
    """Of at most about `most` parties that had bought by the day, the same ones every time, on how many of the 28 days
    from it on they bought.
    """
    return await store.load_came(tx, day, most)


async def load_behind(tx: Transaction, cut: date, most: int) -> list[tuple[date, Packed]]:
    """What models of a cut are learnt from: parties at each of the cuts before, and what came after it."""
    return [(day, await load_came_at(tx, day, most)) for back in _BEHIND for day in (cut - HELD_OUT * back,)]


async def save_lifetime(tx: Transaction, cut: date, model: Buying, quality: Mapping[str, float]) -> None:
    await models.save_model(tx, MODEL, cut, model.parameters(), quality)


async def save_churn(tx: Transaction, cut: date, model: Churn, quality: Mapping[str, float]) -> None:
    await models.save_model(tx, CHURN_MODEL, cut, model.parameters(), quality)


async def fit_fifths(tx: Transaction, cut: date) -> int:
    """Keep what parts all parties into fifths by what they bought in the year before the cut; how many bought. Where
    these are too few nothing is kept.
    """
    found, parties = await store.measure_fifths(tx, cut - YEAR, cut, FEWEST)
    if parties >= FEWEST and FREQUENCY in found:
        await models.save_model(tx, RFM_MODEL, cut, Fifths(found).parameters(), {"parties": parties})
    return parties


async def load_page(
    tx: Transaction, after: UUID | None, cut: date, size: int
) -> list[tuple[UUID, History | None, Rhythm | None]]:
    """The next parties by id, with what they bought before the cut and how often."""
    page = await store.load_page(tx, after or _FIRST, cut, size)
    rhythms = await store.load_rhythms(tx, [party_id for party_id, _ in page], cut)
    return [(party_id, history, rhythms.get(party_id)) for party_id, history in page]


async def find_purchases(tx: Transaction, asked: Mapping[UUID, tuple[UUID, date]]) -> dict[UUID, date]:
    """By the id that each asks under, the first day from the one given on, on which its party bought, if it did."""
    return await store.find_purchases(tx, asked)


async def read_scores(tx: Transaction, family: Family) -> PartyScores:
    """Today's, under all ids of the party. Raises NotFound where nothing can be said of it."""
    today = tx.now.date()
    bought = await store.load_purchases(tx, family.ids, today)
    if bought is None:
        raise NotFound("no purchase of this party is known")
    fitted = await find_fitted(tx)
    if fitted.lifetime is None:
        raise NotFound("no model has been fitted yet: it takes 30 parties, some of whom came back")
    usage, disputes = await activity.find_usage(tx, family.ids, today)
    signs = Signs(bought.rhythm, usage, disputes, bought.spent)
    found = fitted.scores_of(family.party_id, bought.history, today, signs)
    return PartyScores(
        party_id=family.party_id,
        as_of=tx.now,
        model=fitted.version(MODEL),
        trained_until=fitted.trained[MODEL],
        scores=[_view(one, fitted.version(one.model)) for one in found],
    )


async def score_party(tx: Transaction, family: Family, today: date) -> tuple[dict[str, float], float | None]:
    """What is known of one party now, by score, nothing of one that never bought; and the probability that a gap of it
    is longer than its silence, None where too few of its gaps are known.
    """
    bought = await store.load_purchases(tx, family.ids, today)
    if bought is None:
        return {}, None
    scores = (await find_fitted(tx)).scores_of(family.party_id, bought.history, today)
    is_known = bought.rhythm is not None and bought.rhythm.gaps >= _FEWEST_GAPS
    longer = bought.rhythm.longer((today - bought.history.last).days) if bought.rhythm and is_known else None
    return {one.name: one.value for one in scores}, longer


async def score_page(tx: Transaction, fitted: Fitted, cut: date, size: int) -> tuple[int, bool]:
    """Score the next `size` parties and move the cut's cursor; how many were published, and whether more follow."""
    progress = await cuts.lock_cut(tx, cut)
    if progress is None or progress.scored:
        return 0, False
    page = await store.load_page(tx, progress.after or _FIRST, cut, size) if fitted.trained else []
    disputes = await activity.load_disputes(tx, 1) if page else {}
    published = await _publish(tx, page, fitted, disputes, cut) if page else 0
    more = len(page) == size
    await cuts.save_cut(tx, cut, page[-1][0] if page else None, scored=not more)
    return published, more


async def _publish(
    tx: Transaction,
    page: Sequence[tuple[UUID, History | None]],
    fitted: Fitted,
    disputes: Mapping[UUID, Disputes],
    cut: date,
) -> int:
    ids = [party_id for party_id, _ in page]
    rhythms, usage = await store.load_rhythms(tx, ids, cut), await activity.load_usage(tx, ids, cut)
    spent = await store.load_spent(tx, ids, cut - YEAR, cut)
    scores: list[Score] = []
    left_out: Counter[str] = Counter()
    for party_id, history in page:
        if history is not None:
            standing = spent.get(party_id, Spent())
            signs = Signs(rhythms.get(party_id), usage.get(party_id), disputes.get(party_id), standing)
            found = fitted.scores_of(party_id, history, cut, signs)
            scores += found
            left_out.update(fitted.left_out(found))
    await cuts.set_aside(
        tx, cut, {f"scores:{name}": f"of {n} parties or more it {_NONE}" for name, n in left_out.items()}
    )
    before = await store.load_published(tx, ids)
    news = worth_publishing(scores, before, cut)
    await store.save_scores(tx, news, cut)
    tx.emit(
        Emission(
            data=announce_score(one, fitted.version(one.model), cut, tx.now),
            time=instant(cut),
            id=_event_id(cut, one.party_id, one.name),
        )
        for one in news
    )
    return len(news)


def _view(score: Score, model: str) -> ScoreView:
    parts = [ContributionView(input=part.input, value=part.value, effect=part.effect) for part in score.contributions]
    return ScoreView(model=model, score=score.name, value=score.value, band=score.band, contributions=parts)


def _churn_of(party_id: UUID, history: History, model: Churn, cut: date) -> list[Score]:
    return [churn_of(party_id, history, model, cut)]


def _health_of(party_id: UUID, history: History, churn: Score, signs: Signs, cut: date) -> list[Score]:
    return [health_of(party_id, history, churn, signs, cut)]


def _calculated(make: Callable[P, list[Score]], *arguments: P.args, **named: P.kwargs) -> list[Score]:
    """Those that are finite numbers: one party whose figures are not stops the scores of no other."""
    try:
        return [one for one in make(*arguments, **named) if is_finite(one)]
    except (ArithmeticError, ValueError):
        return []


def _event_id(cut: date, party_id: UUID, name: str) -> UUID:
    """A cut that is scored again after a restore says the same, and is not published a second time."""
    return dated_id(int(instant(cut).timestamp() * 1000), "score", party_id, name, cut)


async def confirm_erasures(
    tx: Transaction, events: Sequence[Event[PartyErased]], forgotten: Mapping[UUID, int]
) -> None:
    """There is nothing here that says who a party is; `forgotten` facts of it had HMACs of what it ordered on."""
    tx.emit(announce_forgotten(event, forgotten.get(event.data.party_id, 0)) for event in events)

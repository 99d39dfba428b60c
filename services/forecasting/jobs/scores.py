"""The scores of one cut: the model fitted once, then page by page of parties what is worth publishing."""

from datetime import date, timedelta
from uuid import UUID

import structlog

from services.forecasting import store
from services.forecasting.domain.lifetime import History, Lifetime
from services.forecasting.domain.score import MODEL, Score, announce, scores_of, worth_publishing
from services.forecasting.domain.weeks import instant
from services.forecasting.model.process import Fit
from services.forecasting.settings import ForecastingSettings
from services.forecasting.sight import Sight
from shared.engine.event import Emission
from shared.engine.transaction import Transaction

log = structlog.get_logger()
PAGE = 500
_FIT = "services.forecasting.model.lifetime:fit_lifetime"
_HELD_OUT = timedelta(days=28)
_NIL = UUID(int=0)

Page = list[tuple[UUID, History | None]]


async def score(sight: Sight, fit: Fit, settings: ForecastingSettings, cut: date) -> None:
    """Fit the model of `cut` where there is none yet, and publish; goes on where a stopped instance left off."""
    model = await _model(sight, fit, settings, cut)
    while await _score_page(sight, model, cut):
        pass


async def _model(sight: Sight, fit: Fit, settings: ForecastingSettings, cut: date) -> Lifetime | None:
    async with sight.sales() as tx:
        known = await store.latest_lifetime(tx, MODEL)
        if known is not None and known[1] >= cut:
            return known[0]
        histories = await store.load_histories(tx, cut, cut - _HELD_OUT, settings.fitted_parties)
    found: tuple[Lifetime, dict[str, float]] | None = await fit(_FIT, histories, cut, cut - _HELD_OUT)
    if found is None:
        return None
    model, quality = found
    async with sight.service.transaction() as tx:
        parameters = {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b}
        await store.save_model(tx, MODEL, cut, parameters, quality)
    log.info("lifetime_fitted", cut=cut.isoformat(), parties=len(histories))
    return model


async def _score_page(sight: Sight, model: Lifetime | None, cut: date) -> bool:
    """One page in one transaction with the job's cursor; False once all are scored."""
    async with sight.writing() as tx:
        job = await store.lock_job(tx, cut)
        if job is None or job[1]:
            return False
        page = await store.load_page(tx, job[0] or _NIL, cut, PAGE) if model else []
        published = await _publish(tx, page, model, cut) if model else 0
        full = len(page) == PAGE
        await store.advance_job(tx, cut, page[-1][0] if page else None, scored=not full)
    log.info("parties_scored", cut=cut.isoformat(), parties=len(page), published=published)
    return full


async def _publish(tx: Transaction, page: Page, model: Lifetime, cut: date) -> int:
    scores: list[Score] = []
    for party_id, history in page:
        if history is not None:
            scores += scores_of(party_id, history.at(cut), model)
    before = await store.load_published(tx, [party_id for party_id, _ in page])
    news = worth_publishing(scores, before, cut)
    await store.save_scores(tx, news, cut)
    name = f"{MODEL}/{cut.isoformat()}"
    tx.emit(Emission(data=announce(one, name, cut, tx.now), time=instant(cut)) for one in news)
    return len(news)

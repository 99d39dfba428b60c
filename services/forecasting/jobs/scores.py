"""The scores of one cut: the models fitted once, then page by page of parties what is worth publishing."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.scores import commands as scores
from services.forecasting.scores.domain.score import CHURN_MODEL, MODEL, RFM_MODEL
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
PAGE = 200


async def fit(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Fit the models of `cut` where there are none yet."""
    async with source.read() as tx:
        trained = await scores.find_trained(tx)
    if MODEL not in trained or trained[MODEL] < cut:
        await _fit_lifetime(source, run, settings, cut)
    if CHURN_MODEL not in trained or trained[CHURN_MODEL] < cut:
        await _fit_churn(source, run, settings, cut)
    if RFM_MODEL not in trained or trained[RFM_MODEL] < cut:
        async with source.transaction() as tx:
            parties = await scores.fit_fifths(tx, cut)
        log.info("fifths_measured", cut=cut.isoformat(), parties=parties)


async def publish(source: cuts.Source, cut: date) -> None:
    """Say what is worth saying of each party; goes on where a stopped instance left off."""
    async with source.read() as tx:
        fitted = await scores.find_fitted(tx)
    more = True
    while more:
        async with source.transaction() as tx:
            published, more = await scores.score_page(tx, fitted, cut, PAGE)
        log.info("parties_scored", cut=cut.isoformat(), published=published)


async def finish(source: cuts.Source, cut: date) -> None:
    """The cut is done, also where its scores were set aside."""
    async with source.transaction() as tx:
        progress = await cuts.lock_cut(tx, cut)
        if progress is not None and not progress.scored:
            await cuts.save_cut(tx, cut, None, scored=True)


async def _fit_lifetime(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    async with source.read() as tx:
        parties = await scores.load_came_at(tx, cut, settings.fitted_parties)
        behind = await scores.load_behind(tx, cut, settings.fitted_parties)
    try:
        found = await run(works.fit_lifetime, parties, cut, behind)
    except FittingFailed as error:
        await _set_aside(source, cut, MODEL, error)
        return
    if found is not None:
        async with source.transaction() as tx:
            await scores.save_lifetime(tx, cut, *found)
        log.info("lifetime_fitted", cut=cut.isoformat(), parties=len(parties))


async def _fit_churn(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    async with source.read() as tx:
        behind = await scores.load_behind(tx, cut, settings.fitted_parties)
    try:
        found = await run(works.fit_churn, behind)
    except FittingFailed as error:
        await _set_aside(source, cut, CHURN_MODEL, error)
        return
    if found is not None:
        async with source.transaction() as tx:
            await scores.save_churn(tx, cut, *found)
        log.info("churn_fitted", cut=cut.isoformat(), parties=len(behind[-1][1]))


async def _set_aside(source: cuts.Source, cut: date, model: str, error: FittingFailed) -> None:
    """The model of an earlier cut goes on."""
    async with source.transaction() as tx:
        await cuts.set_aside(tx, cut, {f"scores:{model}": str(error)})

"""The scores of one cut: the model fitted once, then page by page of parties what is worth publishing."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.scores import commands as scores
from services.forecasting.scores.domain.lifetime import Lifetime
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
PAGE = 500
_NAME = "scores:bgnbd"


async def score(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Fit the model of `cut` where there is none yet, and publish; goes on where a stopped instance left off."""
    model = await _model(source, run, settings, cut)
    more = True
    while more:
        async with source.transaction() as tx:
            published, more = await scores.score_page(tx, model, cut, PAGE)
        log.info("parties_scored", cut=cut.isoformat(), published=published)


async def _model(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> Lifetime | None:
    async with source.read() as tx:
        known = await scores.find_lifetime(tx)
        if known is not None and known[1] >= cut:
            return known[0]
        histories = await scores.load_histories(tx, cut, settings.fitted_parties)
    try:
        found = await run(works.fit_lifetime, histories, cut, cut - scores.HELD_OUT)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {_NAME: str(error)})
        return known[0] if known else None  # the model of an earlier cut goes on
    if found is None:
        return None
    model, quality = found
    async with source.transaction() as tx:
        await scores.save_lifetime(tx, cut, model, quality)
    log.info("lifetime_fitted", cut=cut.isoformat(), parties=len(histories))
    return model

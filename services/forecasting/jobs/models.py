"""How well the models of scores foretold what has come by a cut: the one in force, and the newest beside it."""

from datetime import date

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.models import commands as models
from services.forecasting.scores import commands as scores
from services.forecasting.scores.domain.churn import churn_from
from services.forecasting.scores.domain.habits import buying_from
from services.forecasting.scores.domain.score import CHURN_MODEL, MODEL
from services.forecasting.settings import ForecastingSettings

log = structlog.get_logger()
Measured = list[tuple[date, bool, dict[str, float]]]


async def measure(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> None:
    """Done again after a stop it changes nothing; where it fails, what was measured before stands."""
    for model, judge in ((MODEL, _judge_lifetime), (CHURN_MODEL, _judge_churn)):
        try:
            found = await judge(source, run, settings, cut)
        except FittingFailed as error:
            async with source.transaction() as tx:
                await cuts.set_aside(tx, cut, {f"models:{model}": str(error)})
            continue
        async with source.transaction() as tx:
            await models.save_measured(tx, model, cut, found)
        log.info("models_measured", cut=cut.isoformat(), model=model, models=len(found))


async def _judge_lifetime(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> Measured:
    since = cut - scores.HELD_OUT
    async with source.read() as tx:
        judged = await models.load_judged(tx, MODEL, since)
        came = await scores.load_came_at(tx, since, settings.fitted_parties) if judged else None
    found = [
        (fitted, used, await run(works.judge_lifetime, buying_from(parameters), came, since))
        for parameters, fitted, used in judged
        if came is not None
    ]
    return [one for one in found if one[2]]


async def _judge_churn(source: cuts.Source, run: Run, settings: ForecastingSettings, cut: date) -> Measured:
    since = cut - scores.HELD_OUT
    async with source.read() as tx:
        judged = await models.load_judged(tx, CHURN_MODEL, since)
        came = {day: await scores.load_came_at(tx, day, settings.fitted_parties) for day in _days(judged, since)}
    found = [
        (
            fitted,
            used,
            await run(works.judge_churn, churn_from(parameters), (fitted, came[fitted]), (since, came[since])),
        )
        for parameters, fitted, used in judged
    ]
    return [one for one in found if one[2]]


def _days(judged: list[tuple[dict[str, float], date, bool]], since: date) -> set[date]:
    """On which parties are looked at: each model's own cut, and the day after which all are judged."""
    return {since, *(fitted for _, fitted, _ in judged)} if judged else set()

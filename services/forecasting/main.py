"""The wiring of forecasting."""

from fastapi import FastAPI

from services.forecasting import handlers, subscriptions
from services.forecasting.actions import api as actions
from services.forecasting.activity import api as activity
from services.forecasting.cross_sell import api as cross_sell
from services.forecasting.forecasts import api as forecasts
from services.forecasting.fraud import api as fraud
from services.forecasting.indicators import api as indicators
from services.forecasting.jobs.worker import Jobs
from services.forecasting.models import api as models
from services.forecasting.overview import api as overview
from services.forecasting.prices import api as prices
from services.forecasting.reorders import api as reorders
from services.forecasting.scores import api as scores
from services.forecasting.series import api as series
from services.forecasting.settings import Settings, create_context
from services.forecasting.totals import api as totals
from services.forecasting.trends import api as trends
from services.forecasting.warnings import api as warnings
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "handlers"]

routers = [
    *(series.router, totals.router, activity.router, forecasts.router, scores.router),
    *(models.router, warnings.router, cross_sell.router, fraud.router, actions.router),
    *(trends.router, prices.router, reorders.router, indicators.router, overview.router),
]


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    jobs = Jobs(settings.forecasting)
    service = Service(
        "forecasting",
        settings,
        subscriptions=[subscriptions.sales, subscriptions.erasures, subscriptions.fraud, subscriptions.indicators],
        workers=[jobs.run],
        context=create_context(settings.forecasting),
        checks=[jobs.check],
    )
    return build_app(service, settings, routers=routers)

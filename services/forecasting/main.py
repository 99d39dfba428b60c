"""The wiring of forecasting."""

from fastapi import FastAPI

from services.forecasting import api, handlers, subscriptions
from services.forecasting.jobs.worker import Jobs
from services.forecasting.settings import Settings
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "handlers"]


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    service = Service(
        "forecasting",
        settings,
        subscriptions=[subscriptions.sales],
        workers=[Jobs(settings.forecasting).run],
    )
    return build_app(service, settings, routers=api.routers)

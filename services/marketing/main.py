"""Marketing, put together."""

from fastapi import FastAPI

from services.marketing import api, handlers
from services.marketing.catalogue import load_definitions, publishing
from services.marketing.sending.run import sending
from services.marketing.settings import Settings
from services.marketing.store import SQL
from services.marketing.subscriptions import follow_ups
from shared.engine.months import opening_months
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "handlers"]


def create_app() -> FastAPI:
    """Raises ConfigurationError for settings or campaigns that an operator has to correct."""
    settings = Settings()
    configure_logging(settings.log)
    definitions = load_definitions(settings.marketing.campaigns)
    workers = [publishing(definitions), opening_months(SQL["open_message_month"]), sending(settings.marketing)]
    service = Service("marketing", settings, subscriptions=[follow_ups], workers=workers)
    return build_app(service, settings, routers=[api.router])

"""The wiring of support."""

from datetime import timedelta

from fastapi import FastAPI

from services.support import handlers, subscriptions
from services.support.desk import api as desk
from services.support.settings import Context, Settings, SupportSettings
from services.support.tickets import api as tickets
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "create_context", "handlers"]

routers = [desk.router, tickets.router]


def create_context(settings: SupportSettings) -> Context:
    """What handlers and routes get by `tx.context`."""
    return Context({channel: timedelta(days=days) for channel, days in settings.reopened_within.items()})


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    context = create_context(settings.support)
    service = Service("support", settings, subscriptions=[subscriptions.tickets], context=context)
    return build_app(service, settings, routers=routers)

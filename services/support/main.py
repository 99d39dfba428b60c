"""The wiring of support."""

from fastapi import FastAPI

from services.support import handlers, subscriptions
from services.support.settings import Settings
from services.support.tickets import api as tickets
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "handlers"]

routers = [tickets.router]


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    service = Service("support", settings, subscriptions=[subscriptions.tickets])
    return build_app(service, settings, routers=routers)

"""The wiring of contacts."""

from fastapi import FastAPI

from services.contacts import api, handlers, subscriptions
from services.contacts.settings import ContactsSettings, Context, Settings
from services.contacts.store import SQL
from shared.engine.months import opening_months
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "create_context", "handlers"]


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    service = Service(
        "contacts",
        settings,
        subscriptions=[subscriptions.ingest, subscriptions.timeline],
        workers=[opening_months(SQL["open_line_month"])],
        context=create_context(settings.contacts),
    )
    return build_app(service, settings, routers=[api.router])


def create_context(settings: ContactsSettings) -> Context:
    """What handlers need to know of the settings."""
    return Context(settings.default_region)

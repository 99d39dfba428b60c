"""Marketing, put together."""

from fastapi import FastAPI

from services.marketing import handlers
from services.marketing.audit import api as audit
from services.marketing.backtest import api as backtest
from services.marketing.catalogue import api as catalogue
from services.marketing.catalogue.files import load_definitions
from services.marketing.catalogue.worker import publishing
from services.marketing.engagement import api as engagement
from services.marketing.engagement.files import load_provider
from services.marketing.enrolments import api as enrolments
from services.marketing.enrolments.commands import open_months
from services.marketing.flows import api as flows
from services.marketing.loyalty import api as loyalty
from services.marketing.loyalty.files import load_programme
from services.marketing.loyalty.worker import keep_programme
from services.marketing.mailings import api as mailings
from services.marketing.mailings.worker import bring_on
from services.marketing.measures import api as measures
from services.marketing.preferences import api as preferences
from services.marketing.previews import api as previews
from services.marketing.segments import api as segments
from services.marketing.segments.files import load_definitions as load_segments
from services.marketing.segments.worker import filling
from services.marketing.sending import api as sending_api
from services.marketing.sending.worker import make_channel, make_from_address, sending
from services.marketing.settings import Context, MarketingSettings, Settings
from services.marketing.subscriptions import follow_ups
from services.marketing.suppressions import api as suppressions
from services.marketing.surveys import api as surveys
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "create_context", "handlers"]

ROUTERS = (
    audit.router,
    backtest.router,
    catalogue.router,
    engagement.links,
    engagement.router,
    enrolments.router,
    flows.router,
    loyalty.router,
    mailings.router,
    measures.router,
    preferences.links,
    previews.router,
    segments.router,
    suppressions.router,
    suppressions.links,
    sending_api.router,
    surveys.answers,
    surveys.router,
)


def create_context(settings: MarketingSettings, *, stream: bool = False) -> Context:
    """What handlers get by `tx.context`; the operators' command runs no timers, and need not know the clock."""
    secret = settings.unsubscribe_secret
    unsubscribe_secret = secret.get_secret_value() if secret else ""
    return Context(
        stream,
        settings.public_url,
        unsubscribe_secret,
        settings.unsubscribe_valid,
        settings.quiet,
        settings.caps,
        load_programme(settings.programme),
        settings.own_domains,
        lambda: (make_channel(settings), make_from_address(settings)),
        settings.domain,
        {name: (hook, load_provider(name)) for name, hook in settings.webhooks.items()},
        {name: "phone:" if name == "sms" else f"external:{by.system}" for name, by in settings.providers.items()},
        time_zone=settings.time_zone,
    )


def create_app() -> FastAPI:
    """Raises ConfigurationError for settings or campaigns that an operator has to correct."""
    settings = Settings()
    configure_logging(settings.log)
    definitions = load_definitions(settings.marketing.campaigns)
    context = create_context(settings.marketing, stream=settings.clock == "stream")
    in_segments = filling(load_segments(settings.marketing.campaigns))
    at_start = [publishing(definitions), in_segments, keep_programme, open_months]
    workers = [*at_start, bring_on, sending(settings.marketing, context)]
    workers += [sending(settings.marketing, context, channel) for channel in settings.marketing.providers]
    service = Service("marketing", settings, subscriptions=[follow_ups], workers=workers, context=context)
    return build_app(service, settings, routers=ROUTERS)

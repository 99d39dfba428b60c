"""The wiring of support."""

from datetime import timedelta

from fastapi import FastAPI

from services.support import handlers, subscriptions
from services.support.attention import api as attention
from services.support.backtest import api as backtest
from services.support.bulk import api as bulk
from services.support.bulk.worker import work_off
from services.support.canned import api as canned
from services.support.categories import load_categories, load_queues, load_words
from services.support.classifier import Models
from services.support.csat import api as csat
from services.support.desk import api as desk
from services.support.disputes import api as disputes
from services.support.knowledge import api as knowledge
from services.support.knowledge.worker import Reading, complete_words
from services.support.letters.worker import sending
from services.support.mail import api as mail
from services.support.mail.worker import forgetting, reading
from services.support.meanings import Meanings
from services.support.routing import api as routing
from services.support.settings import Context, Settings, SupportSettings
from services.support.sla import api as sla
from services.support.sla.worker import load_promises, publishing
from services.support.stats import api as stats
from services.support.subtasks import api as subtasks
from services.support.subtasks.worker import watch_all
from services.support.tickets import api as tickets
from services.support.triage import api as triage
from services.support.triage.worker import Learning
from services.support.views import api as views
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "create_context", "handlers"]

routers = [
    attention.router,
    attention.of_agents,
    subtasks.router,
    subtasks.of_agents,
    backtest.router,
    backtest.of_promises,
    bulk.router,
    canned.router,
    canned.of_tickets,
    views.router,
    desk.of_views,
    csat.router,
    disputes.router,
    knowledge.router,
    knowledge.suggestions,
    routing.router,
    sla.router,
    stats.router,
    triage.models,
    triage.router,
    desk.router,
    tickets.router,
    mail.router,
    mail.webhooks,
]


def create_context(settings: SupportSettings) -> Context:
    """What handlers and routes get by `tx.context`. Raises ConfigurationError for files that cannot be read."""
    reopening = {channel: timedelta(days=days) for channel, days in settings.reopened_within.items()}
    models, meanings = _readers(settings)
    return Context(
        reopening,
        load_categories(settings.categories),
        load_words(),
        load_queues(settings.queues),
        settings.dispute_days,
        settings.public_url,
        settings.survey_secret.get_secret_value() if settings.survey_secret else "",
        mail_domain=settings.mail_address.rpartition("@")[2] if settings.smtp_url and settings.mail_address else "",
        mails_an_hour=settings.mails_an_hour,
        own_addresses=settings.own_addresses,
        webhook_keys=settings.webhook_keys,
        models=models,
        meanings=meanings,
    )


def _readers(settings: SupportSettings) -> tuple[Models, Meanings]:
    """Sentence vectors are loaded only where they are asked for: their weights take time and memory. Raises
    ConfigurationError.
    """
    if not settings.semantic:
        return Models(), Meanings()
    from services.support.semantic import Sentences

    sentences = Sentences()
    return Models(vectors=sentences.of), Meanings(sentences.of, sentences.of_passages)


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    context = create_context(settings.support)
    learning = Learning(settings.support, context)
    service = Service(
        "support",
        settings,
        subscriptions=[
            subscriptions.tickets,
            subscriptions.triage,
            subscriptions.sla,
            subscriptions.routing,
            subscriptions.csat,
            subscriptions.stats,
        ],
        workers=[
            learning.run,
            publishing(load_promises(settings.support.promises)),
            reading(settings.support),
            forgetting(settings.support),
            sending(settings.support, context),
            work_off,
            watch_all,
            complete_words,
            *([Reading(context.meanings, settings.support.poll_s).run] if settings.support.semantic else []),
        ],
        context=context,
    )
    return build_app(service, settings, routers=routers)

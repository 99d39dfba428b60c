"""The wiring of contacts."""

from fastapi import FastAPI

from services.contacts import custom, handlers, spans, subscriptions, weights
from services.contacts.completeness import api as completeness
from services.contacts.completeness.commands import ROUND as SCORES
from services.contacts.consents import api as consents
from services.contacts.events import api as events
from services.contacts.intake import api as intake
from services.contacts.lifecycle.commands import ROUND as STAGES
from services.contacts.matching import api as matching
from services.contacts.matching.commands.learning import keep_weights
from services.contacts.merges import api as merges
from services.contacts.merges.commands.certain import merge_certain
from services.contacts.merges.commands.doubting import doubt_unasked
from services.contacts.moves import api as moves
from services.contacts.overview import api as overview
from services.contacts.policy import DEFAULT, read_policy
from services.contacts.privacy import api as privacy
from services.contacts.privacy.commands import find_subject
from services.contacts.privacy.commands.searching import search_records
from services.contacts.profiles import api as profiles
from services.contacts.relations import api as relations
from services.contacts.roles import api as roles
from services.contacts.search.commands import ROUND as WORDS
from services.contacts.settings import ContactsSettings, Context, Settings
from services.contacts.timeline import api as timeline
from services.contacts.timeline.commands import months_in_use, open_months
from shared.engine.service import Service
from shared.http.app import build_app
from shared.telemetry.logging import configure_logging

__all__ = ["create_app", "create_context", "handlers"]

routers = [
    profiles.router,
    overview.router,
    timeline.router,
    intake.router,
    events.router,
    moves.router,
    merges.router,
    matching.router,
    consents.router,
    completeness.router,
    relations.router,
    roles.router,
    privacy.router,
]


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    service = Service(
        "contacts",
        settings,
        subscriptions=[subscriptions.ingest, subscriptions.timeline, subscriptions.matching],
        workers=[
            open_months,
            search_records,
            SCORES.keep,
            STAGES.keep,
            WORDS.keep,
            keep_weights,
            doubt_unasked,
            *([merge_certain] if settings.contacts.merge else []),
        ],
        context=create_context(settings.contacts),
    )
    return build_app(service, settings, routers=routers, family=find_subject)


def create_context(settings: ContactsSettings) -> Context:
    """What handlers and routes need to know."""
    return Context(
        settings.default_region,
        months_in_use(),
        read_policy(settings.identities or DEFAULT),
        weights.read_completeness(settings.completeness or weights.DEFAULT),
        custom.read_custom_fields(settings.custom or custom.DEFAULT),
        spans.read_lifecycle(settings.lifecycle or spans.DEFAULT),
        settings.double_opt_in,
        settings.confirm_within,
        settings.pseudonym_key,
    )

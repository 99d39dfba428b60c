"""The wiring of the console."""

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from services.console.agents import api as agents
from services.console.articles import api as articles
from services.console.backtests import api as backtests
from services.console.bulk import api as bulk
from services.console.campaigns import api as campaigns
from services.console.design import api as design
from services.console.disputes import api as disputes
from services.console.duplicates import api as duplicates
from services.console.erasures import api as erasures
from services.console.events import api as events
from services.console.followups import api as followups
from services.console.forecasts import api as forecasts
from services.console.frauds import api as frauds
from services.console.login import api as login
from services.console.login.sessions import OpenIdSessions, SessionCookies
from services.console.mailings import api as mailings
from services.console.mails import api as mails
from services.console.models import api as models
from services.console.moves import api as moves
from services.console.operations import api as operations
from services.console.parties import api as parties
from services.console.products import api as products
from services.console.replies import api as replies
from services.console.segments import api as segments
from services.console.settings import Settings
from services.console.shell import api as shell, live, static_files
from services.console.shell.agent import BearerTokens, ChosenNames, Sessions
from services.console.shell.asking import Front
from services.console.shell.errors import ShownProblems, answer_errors
from services.console.shell.guard import Guard
from services.console.suppressions import api as suppressions
from services.console.surveys import api as surveys
from services.console.team import api as team
from services.console.tickets import api as tickets
from services.console.today import api as today
from services.console.trends import api as trends
from services.console.views import api as views
from services.console.warnings import api as warnings
from shared.http.app import build_front
from shared.http.auth import Authenticator
from shared.telemetry.logging import configure_logging

pages = (
    *(today, parties, duplicates, erasures, tickets, disputes, agents, team, articles, followups, surveys),
    *(replies, views, bulk, mails, moves, backtests, suppressions),
    *(campaigns, segments, mailings, forecasts, trends, products, warnings, frauds, models, operations, events),
    *(design, login, shell, live, static_files),
)


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log)
    static_files.files()  # a console without its scripts does not start
    front = Front(settings.console)
    app = build_front(front, settings, [page.router for page in pages])
    answer_errors(app)
    app.state.end_streams = front.end_streams
    app.state.sessions = _sessions_of(settings, app.state.authenticator)
    app.add_middleware(ShownProblems)
    app.add_middleware(SessionCookies)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)  # 9 takes twice as long for 2 % less
    app.add_middleware(Guard)
    return app


def _sessions_of(settings: Settings, authenticator: Authenticator) -> Sessions:
    if settings.auth.mode == "off":
        return ChosenNames()
    if settings.login is None:
        return BearerTokens(authenticator)
    assert settings.auth.issuer is not None
    return OpenIdSessions(settings.auth.issuer, settings.login, authenticator)

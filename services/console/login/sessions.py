"""Who looks, by the session in the cookies; tokens are renewed before they end."""

import asyncio
from collections.abc import Iterable
from hashlib import sha256
from time import time
from typing import Any

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.login.domain import Cookies, Seal, Session
from services.console.login.provider import LoginRefused, Provider
from services.console.settings import LoginSettings
from services.console.shell.agent import Agent
from shared.http.auth import Authenticator, Unauthenticated

log = structlog.get_logger()
_RENEW_S = 30
_REMEMBERED_S = 60
_STATE = "session_cookies"


class OpenIdSessions:
    """Nothing is kept here but what was renewed in the last minute: a page's requests come side by side, and an issuer
    takes a refresh token once.
    """

    sign_in = "/login"
    sign_out = "/logout"

    def __init__(self, issuer: str, settings: LoginSettings, authenticator: Authenticator) -> None:
        self.provider = Provider(issuer, settings)
        self.seal = Seal(settings.keys.get_secret_value())
        self.cookies = Cookies(settings.secure)
        self.seconds = settings.hours * 3_600
        self._authenticator = authenticator
        self._renewals: dict[bytes, tuple[float, asyncio.Task[Session]]] = {}

    async def find(self, request: Request) -> Agent | None:
        """Raises IssuerAway, KeysUnavailable."""
        session = self.read(request)
        if session is None:
            return None
        if session.refresh_token and session.expires_at - time() < _RENEW_S:
            session = await self._renew(request, session)
        try:
            principal = await self._authenticator.principal(session.access_token)
        except Unauthenticated:
            return None
        return Agent(principal.subject, session.access_token, principal.scopes)

    def read(self, request: Request) -> Session | None:
        """The session of a request, while it lasts."""
        sealed = self.cookies.read(request.cookies)
        session = self.seal.open_session(sealed) if sealed else None
        return session if session is not None and session.ends_at > time() else None

    async def _renew(self, request: Request, session: Session) -> Session:
        """With newer tokens, which the answer brings to the browser; as it is where the issuer gives none."""
        name = sha256(session.access_token.encode()).digest()
        self._renewals = {key: kept for key, kept in self._renewals.items() if kept[0] > time()}
        if name not in self._renewals:
            task = asyncio.create_task(self.provider.refresh(session))
            self._renewals[name] = time() + _REMEMBERED_S, task
        try:
            renewed = await asyncio.shield(self._renewals[name][1])
        except LoginRefused as error:
            log.info("session_not_renewed", reason=str(error))
            return session
        except Exception:
            self._renewals.pop(name, None)
            raise
        set_cookies(request, self.cookies.write(self.seal.close(renewed)))
        return renewed


def set_cookies(request: Request, cookies: Iterable[str]) -> None:
    """Give the answer to a request these cookies, whoever answers it."""
    state: dict[str, Any] = request.scope.setdefault("state", {})
    state[_STATE] = list(cookies)


class SessionCookies:
    """Plain ASGI: adds what `set_cookies` left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookies = scope.get("state", {}).get(_STATE, ())
                message["headers"] = [*message["headers"], *((b"set-cookie", each.encode()) for each in cookies)]
            await send(message)

        await self._app(scope, receive, answer if scope["type"] == "http" else send)

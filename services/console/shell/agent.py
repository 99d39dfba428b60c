"""Who looks at a page, and how a request tells it."""

import re
from dataclasses import dataclass
from typing import Protocol

from fastapi import Request

from shared.http.auth import ALL_SCOPES, Authenticator
from shared.http.staff import STAFF_ID

NAME_COOKIE = "rapport-name"


@dataclass(frozen=True, slots=True)
class Agent:
    """`token` is what the services are asked with; None where they ask for none."""

    name: str
    token: str | None = None
    scopes: frozenset[str] = ALL_SCOPES


class SignInNeeded(Exception):
    """Nobody is known; the page is shown after signing in."""


class Sessions(Protocol):
    """How agents are known. A stranger is sent to the page `sign_in`; `sign_out` takes the form of whoever leaves."""

    sign_in: str
    sign_out: str

    async def find(self, request: Request) -> Agent | None:
        """Who asks, or None."""


class ChosenNames:
    """RAPPORT_AUTH__MODE=off: everybody may do everything, under a name of their choice that a cookie keeps."""

    sign_in = "/sign-in"
    sign_out = "/sign-out"

    async def find(self, request: Request) -> Agent | None:
        name = request.cookies.get(NAME_COOKIE, "")
        return Agent(name) if re.fullmatch(STAFF_ID, name) else None


class BearerTokens:
    """A token of the issuer in the request itself, as a proxy in front that signs people in adds it."""

    sign_in = "/sign-in"
    sign_out = "/sign-out"

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def find(self, request: Request) -> Agent | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        principal = await self._authenticator.principal(token.strip())
        return Agent(principal.subject, token.strip(), principal.scopes)


async def agent_of(request: Request) -> Agent:
    """Who asks. Raises SignInNeeded."""
    sessions: Sessions = request.app.state.sessions
    agent = await sessions.find(request)
    if agent is None:
        raise SignInNeeded
    return agent

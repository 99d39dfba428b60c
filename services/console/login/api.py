"""Signing in and out by OpenID Connect: code flow with PKCE."""

import hmac
from secrets import token_urlsafe
from time import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from services.console.login.domain import LOGIN_S, Attempt, Session, TooLarge
from services.console.login.provider import IssuerAway, LoginRefused
from services.console.login.sessions import OpenIdSessions, set_cookies
from services.console.shell.pages import Open, go_to

router = APIRouter(include_in_schema=False)
Text = Annotated[str | None, Query(max_length=4_000)]


async def sessions_of(request: Request) -> OpenIdSessions:
    """Raises LoginRefused where people are known otherwise."""
    sessions = request.app.state.sessions
    if not isinstance(sessions, OpenIdSessions):
        raise LoginRefused("nobody signs in here by an issuer")
    return sessions


Sessions = Annotated[OpenIdSessions, Depends(sessions_of)]


@router.get("/login")
async def begin(sessions: Sessions, request: Request, next: Text = "/") -> Response:  # noqa: A002 - the parameter's word
    """Sends the browser to the issuer, with what its answer has to bring back."""
    attempt = Attempt(token_urlsafe(), token_urlsafe(), token_urlsafe(), next or "/")
    set_cookies(request, [sessions.cookies.set(sessions.cookies.attempt, sessions.seal.close(attempt), LOGIN_S)])
    return RedirectResponse(await sessions.provider.begin(attempt), 303)


@router.get("/login/callback")
async def finish(
    sessions: Sessions, request: Request, code: Text = None, state: Text = None, error: Text = None, iss: Text = None
) -> Response:
    """The issuer's answer; it is taken once, of the browser that asked. Raises LoginRefused, IssuerAway."""
    attempt = sessions.seal.open_attempt(request.cookies.get(sessions.cookies.attempt, ""))
    gone = sessions.cookies.set(sessions.cookies.attempt, "")
    set_cookies(request, [gone])
    if attempt is None or not hmac.compare_digest(attempt.state, state or "") or not sessions.provider.answers_for(iss):
        raise LoginRefused("the answer belongs to another login; sign in again")
    if error is not None or not code:
        raise LoginRefused("the issuer did not let you in")
    tokens = await sessions.provider.redeem(code, attempt)
    now = time()
    session = Session(tokens.access_token, now + tokens.expires_in, now + sessions.seconds, tokens.refresh_token)
    try:
        set_cookies(request, [gone, *sessions.cookies.write(sessions.seal.close(session))])
    except TooLarge:
        raise LoginRefused("the issuer's tokens do not fit into cookies") from None
    return go_to(attempt.following)


@router.post("/logout")
async def end(sessions: Sessions, request: Request, page: Open) -> Response:
    """Ends the session here, and offers to end it at the issuer too.

    It does not lead there by itself: the policy of a page lets its forms lead nowhere else, also by way of this answer.
    """
    session = sessions.read(request)
    set_cookies(request, sessions.cookies.write(""))
    try:
        leads = await sessions.provider.end(session) if session else None
    except IssuerAway:
        leads = None
    return page.show("login/bye.html", leads=leads)


@router.get("/login/bye")
async def say_bye(page: Open) -> Response:
    """Where whoever has signed out comes to; nothing signs in again by itself from here."""
    return page.show("login/bye.html", leads=None)

"""What comes back of letters, over HTTP."""

import base64
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.marketing.engagement import commands
from services.marketing.engagement.domain.link import is_ahead
from services.marketing.engagement.domain.mail import read_report
from services.marketing.engagement.domain.page import headers_of, play
from services.marketing.engagement.domain.returned import Report
from services.marketing.engagement.schemas import Bounce, BounceNoted, Taken, Watched
from services.marketing.settings import Context
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Once, idempotent, requires, service_of, write
from shared.http.forms import HEADERS, form_page
from shared.http.links import LinkExpired, LinkRefused

router = APIRouter(prefix="/v1", tags=["marketing"])
links = APIRouter(prefix="/v1", tags=["marketing"])
"""Opened by the signature of their token, or of a provider."""
Repeatable = Annotated[Once, Depends(idempotent)]
Serving = Annotated[Service, Depends(service_of)]
_WRITES = [Depends(requires("crm:write"))]
_MAIL: dict[str, Any] = {
    "requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
_REPORTS: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}
_PICTURE = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_SCRIPT = Path(__file__).with_name("video.js").read_bytes()
_TOO_OLD = form_page("Link", "<p>This link is too old; the newest letter has another one.</p>")
_NOWHERE = form_page("Link", "<p>This link was not made here, or is not whole.</p>")


@router.post("/messages/{message_id}/bounces", status_code=201, dependencies=_WRITES, response_model=BounceNoted)
async def note_bounce(message_id: UUID, bounce: Bounce, once: Repeatable) -> Response:
    """A letter that was sent came back, or its reader complained: told as an event, and its address may be stopped."""

    async def act(tx: Transaction) -> BounceNoted:
        return BounceNoted(stopped=await commands.note(tx, Report(message_id, bounce.kind, bounce.code)))

    return await once.write(act, status=201)


@router.post("/messages/returned", dependencies=_WRITES, openapi_extra=_MAIL)
async def take_returned(service: Serving, request: Request) -> Taken:
    """A mail that came back, as it is: a report of delivery (RFC 3464) or of abuse (RFC 5965). May be told again."""
    mail = await request.body()

    async def act(tx: Transaction) -> Taken:
        context: Context = tx.context
        taken, ignored = await commands.note_all(tx, [read_report(mail, context.domain)])
        return Taken(taken=taken, ignored=ignored)

    return await write(service, act)


@links.post("/webhooks/{provider}", openapi_extra=_REPORTS)
async def take_reports(service: Serving, request: Request, provider: str) -> Taken:
    """Reports of a provider of mail that the settings name, by its own signature. May be told again."""
    body = await request.body()

    async def act(tx: Transaction) -> Taken:
        taken, ignored = await commands.note_all(tx, commands.open_report(tx, provider, request.headers, body))
        return Taken(taken=taken, ignored=ignored)

    return await write(service, act)


@links.get("/links/{token}/opened.gif", response_class=Response)
async def show_picture(service: Serving, request: Request, token: str) -> Response:
    """A picture of one point: its letter was opened, by its reader or by a machine."""

    async def act(tx: Transaction) -> None:
        link = commands.find_link(tx, token)
        if link.url:
            raise NotFound("this link has no picture")
        if not _only_asks(request):
            await commands.note_visit(tx, link, "opened", request.headers)

    await write(service, act)
    return Response(_PICTURE, media_type="image/gif", headers=HEADERS)


@links.get("/links/video.js", include_in_schema=False)
async def show_script() -> Response:
    """The script of the page that plays a video; it holds nothing of anybody."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
    return Response(_SCRIPT, media_type="text/javascript", headers=headers)


@links.get("/links/{token}/video", response_class=HTMLResponse)
async def show_video(service: Serving, request: Request, token: str) -> Response:
    """A page that plays a letter's video, in the reader's language. Who only asks, or looks ahead, is not counted."""

    async def act(tx: Transaction) -> Response:
        link = commands.find_link(tx, token, video=True)
        if not _only_asks(request):
            await commands.note_visit(tx, link, "shown", request.headers)
        page = play(link.url, await commands.find_language(tx, link))
        return HTMLResponse(page, headers=headers_of(link.url))

    try:
        return await write(service, act)
    except (LinkExpired, LinkRefused) as error:
        return _refuse(request, error)


@links.post("/links/{token}/watched", status_code=204, response_class=Response)
async def note_watched(service: Serving, request: Request, token: str, watched: Watched) -> Response:
    """So much of a video was played, told by its page; told again it is the same."""

    async def act(tx: Transaction) -> None:
        link = commands.find_link(tx, token, video=True)
        if not is_ahead(request.headers):
            await commands.note_visit(tx, link, "watched", request.headers, watched.percent)

    await write(service, act)
    return Response(status_code=204, headers=HEADERS)


@links.get("/links/{token}", status_code=302, response_class=RedirectResponse)
async def follow_link(service: Serving, request: Request, token: str) -> Response:
    """On to where the letter's link leads, which is signed with it. Who reads HTML is told by a page where it leads
    nowhere.
    """

    async def act(tx: Transaction) -> str:
        link = commands.find_link(tx, token)
        if not link.url:
            raise NotFound("this link leads nowhere")
        if not _only_asks(request):
            await commands.note_visit(tx, link, "clicked", request.headers)
        return link.url

    try:
        url = await write(service, act)
    except (LinkExpired, LinkRefused, NotFound) as error:
        return _refuse(request, error)
    return RedirectResponse(url, 302, headers=HEADERS)


def _refuse(request: Request, error: LinkExpired | LinkRefused | NotFound) -> Response:
    """A page to who reads HTML; raises the error for everybody else."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    return HTMLResponse(_TOO_OLD if isinstance(error, LinkExpired) else _NOWHERE, error.status, headers=HEADERS)


def _only_asks(request: Request) -> bool:
    """By HEAD, which gets neither picture nor page, or ahead of whoever may follow it."""
    return bool(request.scope.get("head_only")) or is_ahead(request.headers)

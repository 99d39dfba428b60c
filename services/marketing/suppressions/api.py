"""Unsubscribing by the link of a letter (RFC 8058), and who has done so."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse

from services.marketing.copies import commands as copies
from services.marketing.suppressions import commands, store
from services.marketing.suppressions.schemas import Suppression
from shared.engine.service import Service
from shared.http.app import Listing, Page, requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"], dependencies=[Depends(requires("crm:read"))])
links = APIRouter(prefix="/v1", tags=["marketing"])
"""Opened by the signature of their token alone, since whoever reads a letter has no other one."""
Serving = Annotated[Service, Depends(service_of)]
OfParty = Annotated[UUID | None, Query(description="Also finds those of parties merged with this one.")]
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Unsubscribe</title>
<body>{}</body></html>
"""
_BUTTON = _PAGE.format('<form method="post"><button>Unsubscribe</button></form>')
_DONE = _PAGE.format("<p>You are unsubscribed.</p>")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@links.get("/unsubscribe/{token}", response_class=HTMLResponse)
async def show_unsubscribing(service: Serving, token: str) -> HTMLResponse:
    """A page with a button, and nothing else: whoever follows links on a person's behalf ends nothing."""
    async with service.read() as tx:
        commands.find_link(tx, token)
    return HTMLResponse(_BUTTON, headers=_HEADERS)


@links.post("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(service: Serving, token: str) -> HTMLResponse:
    """By the button, or by a mail reader on a click (RFC 8058). May be asked again."""
    async with service.transaction() as tx:
        await commands.unsubscribe(tx, commands.find_link(tx, token))
    return HTMLResponse(_DONE, headers=_HEADERS)


@router.get("/suppressions")
async def list_suppressions(service: Serving, page: Page, party_id: OfParty = None) -> Listing[Suppression]:
    """The newest first."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_family(tx, party_id)
        found = await store.list_suppressions(tx, family, after, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.suppressed_at, each.suppression_id))

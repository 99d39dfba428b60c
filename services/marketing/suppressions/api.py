"""Unsubscribing by the link of a letter (RFC 8058), and who has done so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, Response

from services.marketing.copies import commands as copies
from services.marketing.suppressions import commands, store
from services.marketing.suppressions.schemas import Address, Lift, Lifted, Stopped, Suppression
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of, write
from shared.http.forms import HEADERS, Language, form_page
from shared.http.staff import staff_of

router = APIRouter(prefix="/v1", tags=["marketing"])
links = APIRouter(prefix="/v1", tags=["marketing"])
"""Opened by the signature of their token alone, since whoever reads a letter has no other one."""
Serving = Annotated[Service, Depends(service_of)]
OfParty = Annotated[UUID | None, Query(description="Also finds those of parties merged with this one.")]
Repeatable = Annotated[Once, Depends(idempotent)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
WRITES = [Depends(requires("crm:write"))]
_WORDS: Mapping[Language, tuple[str, str]] = {
    "en": ("Unsubscribe", "You are unsubscribed."),
    "da": ("Afmeld", "Du er afmeldt."),
}


@links.get("/unsubscribe/{token}", response_class=HTMLResponse)
async def show_unsubscribing(service: Serving, token: str) -> HTMLResponse:
    """A page with a button, and nothing else: whoever follows links on a person's behalf ends nothing."""
    async with service.read() as tx:
        language = await commands.find_language(tx, commands.find_link(tx, token))
    act, _ = _WORDS[language]
    form = f'<form method="post"><button>{act}</button></form>'
    return HTMLResponse(form_page(act, form, language), headers=HEADERS)


@links.post("/unsubscribe/{token}", response_class=HTMLResponse)
async def unsubscribe(service: Serving, token: str) -> HTMLResponse:
    """By the button, or by a mail reader on a click (RFC 8058). May be asked again."""

    async def act(tx: Transaction) -> str:
        link = commands.find_link(tx, token)
        await commands.unsubscribe(tx, link)
        language = await commands.find_language(tx, link)
        title, done = _WORDS[language]
        return form_page(title, f"<p>{done}</p>", language)

    return HTMLResponse(await write(service, act), headers=HEADERS)


@router.get("/suppressions", dependencies=[Depends(requires("crm:read"))])
async def list_suppressions(service: Serving, page: Page, party_id: OfParty = None) -> Listing[Suppression]:
    """The newest first."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_family(tx, party_id)
        found = await store.list_suppressions(tx, family, after, page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.suppressed_at, each.suppression_id))


@router.post("/suppressions", status_code=201, dependencies=WRITES, response_model=Stopped)
async def stop_address(address: Address, once: Repeatable) -> Response:
    """Nothing is sent to this address from now on, whoever has it, also what needs no consent."""

    async def act(tx: Transaction) -> Stopped:
        await commands.list_address(tx, address.email)
        return await _shown(tx, address)

    return await once.write(act, status=201)


@router.post("/suppressions/find", dependencies=WRITES)
async def find_address(service: Serving, address: Address) -> Stopped:
    """Whether an address is stopped. It stands in the body, since addresses of requests are logged."""
    async with service.read() as tx:
        return await _shown(tx, address)


@router.post("/suppressions/lift", response_model=Stopped)
async def lift_address(address: Lift, principal: Writer, once: Repeatable) -> Response:
    """It may be written to again, as far as its parties consent; why is kept."""
    agent = staff_of(address.agent, principal) if address.because or address.agent else None

    async def act(tx: Transaction) -> Stopped:
        await commands.lift_address(tx, address.email, address.because, agent)
        return await _shown(tx, address)

    return await once.write(act)


async def _shown(tx: Transaction, address: Address) -> Stopped:
    stopped = await commands.find_address(tx, address.email)
    let_go = await commands.find_lifted(tx, address.email)
    lifted = None if let_go is None else Lifted(**{name: getattr(let_go, name) for name in Lifted.model_fields})
    if stopped is None:
        return Stopped(stopped=False, lifted=lifted)
    return Stopped(
        stopped=True, reason=stopped.reason, cause=stopped.cause, stopped_at=stopped.stopped_at, lifted=lifted
    )

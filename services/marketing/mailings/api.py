"""Mailings over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.reading import Source
from services.marketing.catalogue.schemas import Draft
from services.marketing.mailings import commands, store
from services.marketing.mailings.domain.definition import read_mailing
from services.marketing.mailings.schemas import (
    CheckedMailing,
    DraftedMailing,
    Mailing,
    MailingDetail,
    MovedMailing,
    Recipient,
)
from services.marketing.previews import commands as previews
from services.marketing.previews.schemas import TestLetter, TestSent
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of, write
from shared.http.limits import COSTLY

router = APIRouter(prefix="/v1", tags=["marketing"])
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
Serving = Annotated[Service, Depends(service_of)]


@router.get("/mailings", dependencies=READS)
async def list_mailings(service: Serving, page: Page) -> Listing[Mailing]:
    """By name."""
    after = page.after(str)
    async with service.read() as tx:
        mailings = await store.list_mailings(tx, after[0] if after else None, page.limit + 1)
    return page.listing(mailings, lambda each: each, lambda each: (each.mailing,))


@router.get("/mailings/{name}", dependencies=[*READS, COSTLY])
async def read_mailing_detail(service: Serving, name: str) -> MailingDetail:
    """How far it has come."""
    async with service.read() as tx:
        return await commands.find_detail(tx, name)


@router.get("/mailings/{name}/recipients", dependencies=READS)
async def list_recipients(service: Serving, page: Page, name: str) -> Listing[Recipient]:
    """What became of each, in the order in which they were to be released."""
    after = page.after(int)
    async with service.read() as tx:
        if await store.find_mailing(tx, name) is None:
            raise NotFound("no mailing has this name")
        recipients = await store.list_recipients(tx, name, after[0] if after else 0, page.limit + 1)
    return page.listing(recipients, lambda each: each, lambda each: (each.rank,))


@router.post("/mailings/validate", dependencies=WRITES)
async def validate_mailing(draft: Draft) -> CheckedMailing:
    """What is wrong with a draft, by file, line and field; nothing is kept."""
    drafted, problems = catalogue.look_over(read_mailing, Source(draft.file, draft.text, draft.templates))
    if drafted is None:
        return CheckedMailing(valid=False, problems=problems)
    return CheckedMailing(valid=True, mailing=drafted.campaign.name)


@router.post("/mailings", status_code=201, dependencies=WRITES, response_model=DraftedMailing)
async def draft_mailing(draft: Draft, once: Repeatable) -> Response:
    """A mailing that waits to be started. Drafted again it is another version, and is to be tested anew."""
    drafted = commands.read_draft(draft)

    async def act(tx: Transaction) -> DraftedMailing:
        return DraftedMailing(mailing=drafted.campaign.name, version=await commands.draft(tx, drafted))

    return await once.write(act, status=201)


@router.post("/mailings/{name}/test", dependencies=WRITES)
async def test_mailing(service: Serving, name: str, test: TestLetter) -> TestSent:
    """Sends its text to an address of our own, as `/v1/content/{campaign}/{template}/test` does."""
    async with service.read() as tx:
        mailing = await store.find_mailing(tx, name)
        if mailing is None:
            raise NotFound("no mailing has this name")
        trial = await previews.prepare_test(tx, name, None, mailing.version, test, None)
        context = tx.context
    sent = await previews.send_test(context, trial)
    if sent.accepted:
        await write(service, lambda tx: commands.note_test(tx, name, mailing.version))
    return sent


@router.post("/mailings/{name}/start", dependencies=WRITES, response_model=MovedMailing)
async def start_mailing(
    name: str,
    once: Repeatable,
    *,
    untested: Annotated[bool, Query(description="Though no test letter of this version was taken.")] = False,
) -> Response:
    """To everybody who is in its segment now."""

    async def act(tx: Transaction) -> MovedMailing:
        started = await commands.start(tx, name, untested=untested)
        return MovedMailing(mailing=name, state=started.state, changed=True)

    return await once.write(act)


@router.post("/mailings/{name}/pause", dependencies=WRITES, response_model=MovedMailing)
async def pause_mailing(name: str, once: Repeatable) -> Response:
    """Nobody more is released; what was released goes on."""
    return await _act(name, once, "pause")


@router.post("/mailings/{name}/resume", dependencies=WRITES, response_model=MovedMailing)
async def resume_mailing(name: str, once: Repeatable) -> Response:
    """It goes on where it was paused."""
    return await _act(name, once, "resume")


@router.post("/mailings/{name}/cancel", dependencies=WRITES, response_model=MovedMailing)
async def cancel_mailing(name: str, once: Repeatable) -> Response:
    """Nobody more is written to but those whose message is being sent at this moment."""
    return await _act(name, once, "cancel")


async def _act(name: str, once: Once, wanted: Literal["pause", "resume", "cancel"]) -> Response:
    async def act(tx: Transaction) -> MovedMailing:
        mailing, changed = await commands.act(tx, name, wanted)
        return MovedMailing(mailing=name, state=mailing.state, changed=changed)

    return await once.write(act)

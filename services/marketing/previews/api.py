"""Content, looked at and tried before it goes to anybody."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query
from jinja2 import TemplateError

from services.marketing.previews import commands
from services.marketing.previews.domain import Chosen, render_for, sample_values
from services.marketing.previews.schemas import Preview, TestLetter, TestSent
from services.marketing.sending.domain.letter import Addressee, FromAddress, Letter, can_be_written_to, write
from services.marketing.settings import Context
from shared.engine.service import Service
from shared.errors import Invalid, Transient
from shared.http.app import requires, service_of
from shared.ids import new_id

router = APIRouter(prefix="/v1", tags=["marketing"])
log = structlog.get_logger()
Serving = Annotated[Service, Depends(service_of)]
OfParty = Annotated[UUID | None, Query(description="Whose name and language it has; without one a sample customer's.")]
Locale = Annotated[str | None, Query(max_length=35, description="The reader's, such as `da-DK`.")]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of the campaign; the newest without one.")]


@router.get("/content/{campaign}/{template}", dependencies=[Depends(requires("crm:read"))])
async def preview_content(
    service: Serving,
    campaign: str,
    template: str,
    party_id: OfParty = None,
    locale: Locale = None,
    version: Version = None,
) -> Preview:
    """A text as it would be read about a sample sale. Its links lead nowhere."""
    async with service.read() as tx:
        chosen = await commands.find_text(tx, campaign, template, version)
        reader = await commands.find_reader(tx, party_id, locale)
    try:
        language, written, read = await asyncio.to_thread(render_for, chosen, reader)
    except TemplateError:
        raise Invalid("this version of the text cannot be rendered any more", field="template") from None
    return Preview(
        campaign=chosen.campaign,
        version=chosen.version,
        step=chosen.step,
        template=template,
        language=language,
        locale=written,
        subject=read.subject,
        text=read.body,
        html=read.html,
    )


@router.post("/content/{campaign}/{template}/test", dependencies=[Depends(requires("crm:write"))])
async def send_test(
    service: Serving,
    campaign: str,
    template: str,
    test: TestLetter,
    party_id: OfParty = None,
    version: Version = None,
) -> TestSent:
    """Sends the text to an address of our own, of the domain that letters come from or one that the settings name. No
    campaign counts it, and its links lead nowhere. Sent twice, it is read twice.
    """
    async with service.read() as tx:
        context: Context = tx.context
        chosen = await commands.find_text(tx, campaign, template, version)
        if not context.is_own(test.email) or not can_be_written_to(test.email):
            raise Invalid("a test letter goes to an address of our own alone", field="email")
        reader = await commands.find_reader(tx, party_id, test.locale, test.email)
        at = tx.now
    if context.outgoing is None:
        raise Transient("nothing is set up here to send by")
    channel, sender = context.outgoing()
    try:
        letter = await asyncio.to_thread(_letter, chosen, reader, sender, at)
        verdict = (await channel.hand_over([letter]))[letter.message_id]
    except TemplateError:
        raise Invalid("this version of the text cannot be rendered any more", field="template") from None
    except OSError as error:
        raise Transient(f"the test letter was not taken: {type(error).__name__}") from None
    finally:
        await channel.close()
    log.info("test_letter_sent", campaign=campaign, verdict=verdict.kind)
    return TestSent(accepted=verdict.kind == "accepted", code=verdict.code)


def _letter(chosen: Chosen, reader: Addressee, sender: FromAddress, at: datetime) -> Letter:
    return write(new_id(), 1, sender, reader, chosen.content, sample_values(reader), at)

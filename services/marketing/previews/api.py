"""Content, looked at and tried before it goes to anybody."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from jinja2 import TemplateError

from services.marketing.previews import commands
from services.marketing.previews.domain import render_for
from services.marketing.previews.schemas import Preview, TestLetter, TestSent
from services.marketing.settings import Context
from shared.engine.service import Service
from shared.errors import Invalid
from shared.http.app import requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"])
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
        trial = await commands.prepare_test(tx, campaign, template, version, test, party_id)
        context: Context = tx.context
    return await commands.send_test(context, trial)

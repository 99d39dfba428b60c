"""Segments over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.reading import Source
from services.marketing.segments import commands, store
from services.marketing.segments.domain.definition import read_definition
from services.marketing.segments.schemas import (
    CheckedSegment,
    Explanation,
    PublishedSegment,
    Segment,
    SegmentDraft,
    SegmentMember,
    StoppedSegment,
)
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"])
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
Serving = Annotated[Service, Depends(service_of)]


@router.get("/segments", dependencies=READS)
async def list_segments(service: Serving, page: Page) -> Listing[Segment]:
    """The newest version of each, by name, with how many are in."""
    after = page.after(str)
    async with service.read() as tx:
        segments = await store.list_segments(tx, after[0] if after else None, page.limit + 1)
    return page.listing(segments, lambda each: each, lambda each: (each.segment,))


@router.get("/segments/{name}", dependencies=READS)
async def read_segment(service: Serving, name: str) -> Segment:
    """The newest version, how many are in, and how far it is filled."""
    async with service.read() as tx:
        segment = await store.find_segment(tx, name)
    if segment is None:
        raise NotFound("no segment has this name")
    return segment


@router.get("/segments/{name}/parties", dependencies=READS)
async def list_members(service: Serving, page: Page, name: str) -> Listing[SegmentMember]:
    """Who is in, in the order of their ids."""
    after = page.after(UUID)
    async with service.read() as tx:
        if await store.find_segment(tx, name) is None:
            raise NotFound("no segment has this name")
        members = await store.list_members(tx, name, after[0] if after else None, page.limit + 1)
    return page.listing(members, lambda each: each, lambda each: (each.party_id,))


@router.get("/segments/{name}/parties/{party_id}", dependencies=READS)
async def explain_party(service: Serving, name: str, party_id: UUID) -> Explanation:
    """Why a party is in, or is not: each field that is asked, and what is known."""
    async with service.read() as tx:
        return await commands.explain_party(tx, name, party_id)


@router.post("/segments/validate", dependencies=WRITES)
async def validate_segment(draft: SegmentDraft) -> CheckedSegment:
    """What is wrong with a draft, by file, line and field; nothing is published."""
    definition, problems = catalogue.look_over(read_definition, Source(draft.file, draft.text, {}))
    if definition is None:
        return CheckedSegment(valid=False, problems=problems)
    return CheckedSegment(valid=True, segment=definition.name)


@router.post("/segments", status_code=201, dependencies=WRITES, response_model=PublishedSegment)
async def publish_segment(draft: SegmentDraft, once: Repeatable) -> Response:
    """In force from now on, as a new version; parties are gone through in the background.

    200: the same was in force already.
    """
    definition = commands.read_draft(draft)

    async def act(tx: Transaction) -> PublishedSegment:
        version, changed = await commands.publish(tx, definition)
        return PublishedSegment(segment=definition.name, version=version, changed=changed)

    return await once.write(act, status=lambda done: 201 if done.changed else 200)


@router.post("/segments/{name}/stop", dependencies=WRITES, response_model=StoppedSegment)
async def stop_segment(name: str, once: Repeatable) -> Response:
    """Nobody is in from now on: who is leaves, in the background."""

    async def act(tx: Transaction) -> StoppedSegment:
        return StoppedSegment(segment=name, changed=await commands.stop(tx, name))

    return await once.write(act)

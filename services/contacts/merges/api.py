"""Parties that people of the company find to be one, over HTTP."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic_core import to_json
from starlette.responses import Response

from services.contacts.merges import commands, store
from services.contacts.merges.commands import Request
from services.contacts.merges.domain import Merge
from services.contacts.merges.schemas import Ambiguous, MergeBody, MergeView, UnmergeBody
from services.contacts.parties.schemas import PartyState
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.parties import PartyDescribed
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of
from shared.http.versions import IfMatch, versions_of

router = APIRouter(prefix="/v1", tags=["merges"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]


@router.post("/parties/{party_id}/merge", status_code=201, dependencies=WRITES, response_model=MergeView)
async def merge_parties(party_id: UUID, body: MergeBody, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Merge another party into this one. Both ids answer from then on, and it can be undone; 200 for a dry run."""
    request = Request(body.because, body.fields, dry_run=body.dry_run, versions=versions_of(if_match))

    async def act(tx: Transaction) -> MergeView:
        done, described = await commands.merge(tx, party_id, body.other, request)
        return _view(done, described=described, is_tried=body.dry_run)

    return await once.write(act, status=200 if body.dry_run else 201)


@router.get("/merges", dependencies=READS, response_model=Listing[MergeView])
async def list_merges(
    service: Service, page: Page, party_id: Annotated[UUID | None, Query(description="Either way round.")] = None
) -> Response:
    """Newest first, those that were undone too."""
    before = page.after(UUID)
    async with service.read() as tx:
        found = await store.list_merges(tx, party_id, before[0] if before else None, page.limit + 1)
    return page.written(found, lambda each: to_json(_view(each)).decode(), lambda each: (each.id,))


@router.get("/merges/{merge_id}", dependencies=READS)
async def read_merge(service: Service, merge_id: UUID) -> MergeView:
    """One merge, and whether it was taken back."""
    async with service.read() as tx:
        found = await store.load_merge(tx, merge_id)
    if found is None:
        raise NotFound("no merge has this id")
    return _view(found)


@router.post("/merges/{merge_id}/undo", dependencies=WRITES, response_model=MergeView)
async def undo_merge(merge_id: UUID, body: UnmergeBody, once: Repeatable) -> Response:
    """Let both be themselves again, exactly as if they had never been one; `ambiguous` is what may be of either."""

    async def act(tx: Transaction) -> MergeView:
        done, ambiguous = await commands.undo(tx, merge_id, body.because)
        return _view(done, ambiguous)

    return await once.write(act)


def _view(
    merge: Merge,
    ambiguous: list[Ambiguous] | None = None,
    *,
    described: PartyDescribed | None = None,
    is_tried: bool = False,
) -> MergeView:
    result = None
    if described is not None:
        names = PartyState.model_fields.keys() - {"id"}
        result = PartyState.model_validate(
            {"id": described.party_id} | {name: getattr(described, name) for name in names}, from_attributes=True
        )
    view = MergeView(**asdict(merge), result=result, ambiguous=ambiguous or [])
    return view.model_copy(update={"id": None}) if is_tried else view

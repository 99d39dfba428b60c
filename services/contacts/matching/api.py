"""Parties that may be one: the queue of questions, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.contacts.matching import commands, store
from services.contacts.matching.schemas import ConfirmMergeBody, DismissBody, DuplicateView, ModelView, State
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["duplicates"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
_FIRST = (float("inf"), UUID(int=2**128 - 1))


@router.get("/duplicates", dependencies=[Depends(requires("crm:read"))], response_model=Listing[DuplicateView])
async def list_duplicates(
    service: Service,
    page: Page,
    *,
    state: Annotated[State, Query(description="Open ones are questions.")] = "open",
    doubted: Annotated[bool, Query(description="Of merged ones those against which something speaks.")] = False,
) -> Response:
    """The likeliest first. Merging the two answers the question, and so does dismissing it."""
    after = page.after(float, UUID)
    async with service.read() as tx:
        found = await store.list_duplicates(
            tx, state, (after[0], after[1]) if after else _FIRST, page.limit + 1, doubted=doubted
        )
    return page.written(found, lambda each: each.pair.model_dump_json(), lambda each: (each.place, each.pair.id))


@router.get("/duplicates/models", dependencies=[Depends(requires("crm:read"))])
async def list_matching_models(service: Service) -> list[ModelView]:
    """The weights of the last twenty versions, the newest first. Before any are learnt, those of version 0."""
    async with service.read() as tx:
        return await commands.list_models(tx)


@router.get("/duplicates/{duplicate_id}", dependencies=[Depends(requires("crm:read"))])
async def read_duplicate(service: Service, duplicate_id: UUID) -> DuplicateView:
    """One pair, and how it was answered."""
    async with service.read() as tx:
        found = await store.load_duplicate(tx, duplicate_id)
    if found is None:
        raise NotFound("no suspicion has this id")
    return found


@router.post(
    "/duplicates/{duplicate_id}/dismiss", dependencies=[Depends(requires("crm:write"))], response_model=DuplicateView
)
async def dismiss_duplicate(duplicate_id: UUID, body: DismissBody, once: Repeatable) -> Response:
    """The two are two: remembered for ever, whatever is learnt of them later."""

    async def act(tx: Transaction) -> DuplicateView:
        return await commands.dismiss(tx, duplicate_id, body.because)

    return await once.write(act)


@router.post(
    "/duplicates/{duplicate_id}/confirm", dependencies=[Depends(requires("crm:write"))], response_model=DuplicateView
)
async def confirm_duplicate(duplicate_id: UUID, body: ConfirmMergeBody, once: Repeatable) -> Response:
    """The two are one, although something speaks against their merge: it is asked again when more is learnt."""

    async def act(tx: Transaction) -> DuplicateView:
        return await commands.confirm(tx, duplicate_id, body.because)

    return await once.write(act)

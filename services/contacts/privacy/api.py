"""Erasures over HTTP: asked for, approved by a second person, and their certificates."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.contacts.privacy import commands, domain, store
from services.contacts.privacy.schemas import DecisionBody, DeclineBody, ErasureBody, ErasureView
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of

router = APIRouter(prefix="/v1/erasures", tags=["erasures"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
Eraser = Annotated[Principal, Depends(requires("crm:erase"))]
READS = [Depends(requires("crm:read"))]
_NEWEST = UUID(int=2**128 - 1)


@router.post("", status_code=201, response_model=ErasureView)
async def request_erasure(body: ErasureBody, once: Repeatable, asking: Eraser) -> Response:
    """Ask that a party be forgotten; nothing is erased before a second person approves it. 409 for one that was merged
    into another, with that one as `merged_into`.
    """

    async def act(tx: Transaction) -> ErasureView:
        return await commands.request(tx, body.party_id, body.because, _who(asking, body.by), body.ground)

    return await once.write(act, status=201)


@router.post("/{erasure_id}/approve", response_model=ErasureView)
async def approve_erasure(erasure_id: UUID, body: DecisionBody, once: Repeatable, asking: Eraser) -> Response:
    """Erase, for good: the party, all that were merged into it, and, by its null value on `crm.parties`, every copy."""

    async def act(tx: Transaction) -> ErasureView:
        return await commands.approve(tx, erasure_id, _who(asking, body.by))

    return await once.write(act)


@router.post("/{erasure_id}/decline", response_model=ErasureView)
async def decline_erasure(erasure_id: UUID, body: DeclineBody, once: Repeatable, asking: Eraser) -> Response:
    """It is not to be done, or no longer; the party may be asked about again. With an exemption it is refused, by
    another person than the one who asked.
    """

    async def act(tx: Transaction) -> ErasureView:
        return await commands.decline(tx, erasure_id, _who(asking, body.by), body.exemption)

    return await once.write(act)


@router.get("", dependencies=READS)
async def list_erasures(
    service: Service, page: Page, state: Literal["requested", "approved", "declined"] | None = None
) -> Listing[ErasureView]:
    """Newest first."""
    after = page.after(UUID)
    async with service.read() as tx:
        found = await store.list_erasures(tx, after[0] if after else _NEWEST, page.limit + 1, state)
    return page.listing(found, lambda each: domain.certify(each, {}, []), lambda each: (each.id,))


@router.get("/{erasure_id}", dependencies=READS)
async def read_erasure(service: Service, erasure_id: UUID) -> ErasureView:
    """What was found and is gone, what is left, and who has confirmed: the certificate, once it is `complete`."""
    async with service.read() as tx:
        return await commands.load(tx, erasure_id)


def _who(asking: Principal, said: str | None) -> str:
    """A token says who asks; without tokens only the request can."""
    return asking.subject if asking.expires_at is not None or said is None else said

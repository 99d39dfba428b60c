"""Disputes over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic_core import from_json
from starlette.responses import Response

from services.support.copies import commands as copies
from services.support.disputes import commands, store
from services.support.disputes.domain.dispute import Step
from services.support.disputes.domain.status import STATES
from services.support.disputes.schemas import (
    DisputeLine,
    DisputePatch,
    DisputeState,
    DisputeView,
    EvidenceAdded,
    NewDispute,
    NewEvidence,
    NewStep,
)
from shared.engine.transaction import Transaction
from shared.events.disputes import DisputeStatus
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import STAFF_ID, staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/disputes", tags=["disputes"])

Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]


@router.get("", dependencies=READS)
async def list_disputes(
    service: Service,
    page: Page,
    party_id: Annotated[UUID | None, Query(description="Also finds disputes of parties merged with this one.")] = None,
    status: DisputeStatus | None = None,
    owner: Annotated[str | None, Query(pattern=STAFF_ID)] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Whether they are not closed, or are.")] = None,
) -> Listing[DisputeLine]:
    """Newest first."""
    position = page.after(UUID)
    wanted = [each for each in STATES if status in {None, each} and open_ in {None, each != "closed"}]
    async with service.read() as tx:
        family = None if party_id is None else await copies.find_merged_parties(tx, party_id)
        found = await store.list_disputes(tx, position[0] if position else None, page.limit + 1, family, wanted, owner)
    return page.listing(found, lambda each: each, lambda each: (each.id,))


@router.get("/{dispute_id}", dependencies=READS, responses=answers_with(200, "ETag"))
async def read_dispute(service: Service, dispute_id: UUID, response: Response) -> DisputeView:
    """The dispute with everything that became of it, and what speaks for either side."""
    async with service.read() as tx:
        view = await commands.read_dispute(tx, dispute_id)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post("", status_code=201, response_model=DisputeState, responses=answers_with(201, "ETag", "Location"))
async def raise_dispute(new: NewDispute, principal: Writer, once: Repeatable) -> Response:
    """What a party disputes: it holds campaigns to them until it is closed."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> DisputeState:
        return commands.state_of(await commands.raise_dispute(tx, new, agent))

    response = with_etag(await once.write(act, status=201))
    response.headers["Location"] = f"/v1/disputes/{from_json(bytes(response.body))['id']}"
    return response


@router.post("/{dispute_id}/status", response_model=DisputeState, responses=answers_with(200, "ETag"))
async def move_dispute(
    dispute_id: UUID, new: NewStep, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Takes raised → acknowledged → investigating → proposed ⇄ countered → settled → credited → closed; a claim may be
    rejected before it is settled, and a rejected one investigated once more.

    Other moves are 409, with those that are possible.
    """
    step = Step(new.status, staff_of(new.agent, principal), new.amount, new.text)

    async def act(tx: Transaction) -> DisputeState:
        return commands.state_of(await commands.move_dispute(tx, dispute_id, step, versions_of(if_match)))

    return with_etag(await once.write(act))


@router.patch("/{dispute_id}", response_model=DisputeState, responses=answers_with(200, "ETag"))
async def amend_dispute(
    dispute_id: UUID, patch: DisputePatch, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Another owner or deadline; what is left out stays."""
    agent = staff_of(patch.agent, principal)

    async def act(tx: Transaction) -> DisputeState:
        return commands.state_of(await commands.amend_dispute(tx, dispute_id, patch, agent, versions_of(if_match)))

    return with_etag(await once.write(act))


@router.post(
    "/{dispute_id}/evidence", status_code=201, response_model=EvidenceAdded, responses=answers_with(201, "ETag")
)
async def add_evidence(
    dispute_id: UUID, new: NewEvidence, principal: Writer, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Something that speaks for one side or the other."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> EvidenceAdded:
        evidence_id, dispute = await commands.add_evidence(tx, dispute_id, new, agent, versions_of(if_match))
        return EvidenceAdded(evidence_id=evidence_id, **commands.state_of(dispute).model_dump())

    return with_etag(await once.write(act, status=201))

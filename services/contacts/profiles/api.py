"""Profiles of parties as people of the company write them, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.contacts.parties.domain.party import FIELDS
from services.contacts.parties.schemas import PartyState
from services.contacts.profiles import commands
from services.contacts.profiles.commands import Written
from services.contacts.profiles.schemas import ProfilePatch, UpsertResult, Upserts
from shared.engine.transaction import Transaction
from shared.events.ingest import ReportedParty
from shared.http.app import Once, idempotent, requires
from shared.http.openapi import answers_with
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1", tags=["parties"])
Repeatable = Annotated[Once, Depends(idempotent)]
WRITES = [Depends(requires("crm:write"))]


@router.post(
    "/parties",
    status_code=201,
    dependencies=WRITES,
    response_model=PartyState,
    responses=answers_with(201, "ETag", "Location"),
)
async def create_party(profile: ReportedParty, once: Repeatable) -> Response:
    """A new party. An identity that is known is a 409 with its party as `state`."""

    async def act(tx: Transaction) -> dict[str, Any]:
        return await commands.create(tx, profile)

    return with_etag(await once.write_among(profile, commands.create_together, act, status=201), "/v1/parties")


@router.post("/parties/batch", dependencies=WRITES, response_model=UpsertResult)
async def upsert_parties(batch: Upserts, once: Repeatable) -> Response:
    """Create or update up to 1000 parties, each found by its identities; one that is refused holds back no other."""

    async def act(tx: Transaction) -> UpsertResult:
        return UpsertResult(results=await commands.upsert(tx, batch.items))

    return await once.write(act)


@router.patch(
    "/parties/{party_id}", dependencies=WRITES, response_model=PartyState, responses=answers_with(200, "ETag")
)
async def change_party(party_id: UUID, patch: ProfilePatch, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Change the fields that are given."""
    values = {name: getattr(patch, name) for name in FIELDS if name in patch.model_fields_set}
    return await _amend(party_id, Written(values, patch.addresses, patch.tags, patch.custom), patch, once, if_match)


@router.put("/parties/{party_id}", dependencies=WRITES, response_model=PartyState, responses=answers_with(200, "ETag"))
async def replace_party(party_id: UUID, patch: ProfilePatch, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Set every field; what is left out is emptied."""
    values = {name: getattr(patch, name) for name in FIELDS}
    written = Written(values, patch.addresses, patch.tags or [], patch.custom, is_whole=True)
    return await _amend(party_id, written, patch, once, if_match)


async def _amend(party_id: UUID, written: Written, patch: ProfilePatch, once: Once, if_match: str | None) -> Response:
    versions = versions_of(if_match)
    added = ReportedParty(identities=patch.identities, roles=patch.roles, address=patch.address)

    async def act(tx: Transaction) -> dict[str, Any]:
        return await commands.amend(tx, party_id, written, added, versions)

    return with_etag(await once.write(act))

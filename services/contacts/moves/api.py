"""Identities that people of the company move, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.contacts.moves import commands, store
from services.contacts.moves.schemas import MoveBody, MoveView, SplitBody, UndoBody
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Once, idempotent, requires, service_of
from shared.http.versions import IfMatch, versions_of

router = APIRouter(prefix="/v1", tags=["moves"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
WRITES = [Depends(requires("crm:write"))]


@router.post(
    "/parties/{party_id}/identities/{identity_id}/move", status_code=201, dependencies=WRITES, response_model=MoveView
)
async def move_identity(
    party_id: UUID, identity_id: UUID, body: MoveBody, once: Repeatable, if_match: IfMatch = None
) -> Response:
    """Give an identity to another party: facts that name it are that one's from now on."""
    versions = versions_of(if_match)

    async def act(tx: Transaction) -> MoveView:
        return await commands.move(tx, party_id, identity_id, body.to, body.because, versions)

    return await once.write(act, status=201)


@router.post("/parties/{party_id}/split", status_code=201, dependencies=WRITES, response_model=MoveView)
async def split_party(party_id: UUID, body: SplitBody, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Take identities out of a party, which are a new one's from now on; what was accepted before stays where it is."""
    versions = versions_of(if_match)

    async def act(tx: Transaction) -> MoveView:
        return await commands.split(tx, party_id, body.identities, body.because, versions)

    return await once.write(act, status=201)


@router.get("/moves/{move_id}", dependencies=[Depends(requires("crm:read"))])
async def read_move(service: Service, move_id: UUID) -> MoveView:
    """One move or split, and which one took it back."""
    async with service.read() as tx:
        found = await store.load_move(tx, move_id)
    if found is None:
        raise NotFound("no move has this id")
    return found


@router.post("/moves/{move_id}/undo", status_code=201, dependencies=WRITES, response_model=MoveView)
async def undo_move(move_id: UUID, body: UndoBody, once: Repeatable) -> Response:
    """Give the identities back; 409 where one has gone on since. Undoing is a move, and can be undone."""

    async def act(tx: Transaction) -> MoveView:
        return await commands.undo(tx, move_id, body.because)

    return await once.write(act, status=201)

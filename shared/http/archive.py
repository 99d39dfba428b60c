"""`GET /v1/archives/{party_id}`: a file with everything that a service holds of a party, for whoever asks for theirs.

One JSON text a line: first who it is about, then the rows, at the end how many of each table. A file without that last
line is not whole.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Query, Request
from pydantic_core import to_json
from starlette.responses import StreamingResponse

from shared.engine.archive import Archived, read_rows
from shared.engine.transaction import Transaction
from shared.http.auth import Principal, requires
from shared.http.limits import COSTLY
from shared.http.readiness import Serving, service_of
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("archive.sql"))
MEDIA_TYPE = "application/octet-stream"
"""Of lines of JSON there is no type that makers of clients know."""
Family = Callable[[Transaction, UUID], Awaitable[list[UUID]]]
"""Under which ids a service knows a party; raises where there is nobody."""
router = APIRouter(prefix="/v1/archives", tags=["archives"])
log = structlog.get_logger()


@router.get(
    "/{party_id}",
    dependencies=[COSTLY],
    response_class=StreamingResponse,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_archive(
    request: Request,
    party_id: UUID,
    because: Annotated[
        str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$", description="For the audit.")
    ],
    service: Annotated[Any, Depends(service_of)],
    asking: Annotated[Principal, Depends(requires("crm:erase"))],
    also: Annotated[
        list[UUID] | None, Query(max_length=1_000, description="Parties that were merged with it, as contacts knows.")
    ] = None,
) -> StreamingResponse:
    """Everything that this service holds of the party, and of those that were merged into it, row by row.

    Contacts knows who was merged with whom, and says so in the first line; other services are told by `also`. An audit
    line (`rapport audit`) says who asked and why. `rapport archive` asks all services, and makes one file of it.
    """
    family: Family | None = request.app.state.family
    async with service.transaction() as tx:
        ids = await family(tx, party_id) if family is not None else [party_id, *(also or ())]
        parties = sorted(set(ids))
        await tx.execute(SQL["name_actor"], asking.subject)
        await tx.execute(SQL["add_line"], to_json({"party_ids": parties}).decode(), because)
    log.info("archive_asked_for", party_id=str(party_id), parties=len(parties))
    lines = _lines(service, request.app.state.archived, parties)
    saved = {"Content-Disposition": f'attachment; filename="{service.name}.jsonl"'}
    return StreamingResponse(lines, media_type=MEDIA_TYPE, headers=saved)


async def _lines(service: Serving, tables: Mapping[str, Archived], parties: list[UUID]) -> AsyncIterator[bytes]:
    counts = Counter(dict.fromkeys(tables, 0))
    yield to_json({"service": service.name, "party_ids": parties}) + b"\n"
    async with service.transaction() as tx:  # which a cursor needs
        async for table, content in read_rows(tx, tables, parties):
            counts[table] += 1
            yield b'{"table":%s,"row":%s}\n' % (to_json(table), content.encode())
    yield to_json({"complete": True, "rows": counts}) + b"\n"

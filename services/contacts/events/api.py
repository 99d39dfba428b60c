"""Facts over HTTP: `POST /v1/events` by CloudEvents' HTTP binding."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.contacts.events import commands
from services.contacts.events.domain import Received
from services.contacts.events.schemas import TakenFact, TakenFacts
from shared.engine.transaction import Transaction
from shared.http.app import Once, idempotent, requires, service_of
from shared.http.cloudevents import REQUEST, read_delivery
from shared.http.problems import problem

router = APIRouter(prefix="/v1", tags=["events"])
Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
MIXED = 207
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": TakenFacts, "description": "All of them were known before."},
    202: {"model": TakenFacts, "description": "All of them were taken, and will be applied."},
    MIXED: {"model": TakenFacts, "description": "Look at the results: some were taken, some known or refused."},
}


@router.post(
    "/events",
    status_code=202,
    response_model=TakenFacts,
    responses=_ANSWERS,
    dependencies=[Depends(requires("crm:write"))],
    openapi_extra=REQUEST,
)
async def take_events(request: Request, service: Service, once: Repeatable) -> Response:
    """Facts as on crm.ingest: one in binary or structured mode, or a batch of up to 1,000.

    Each result is 202 once the fact is safe and on its way, 200 where it was known by source and id, or 422 with the
    fields; one that is refused stops no other. A request whose every event is refused is answered 422.
    """
    delivery = read_delivery(request.headers.raw, await request.body())
    read = commands.read(delivery.events, service.context)
    refused = [each for each in read if isinstance(each, TakenFact)]
    if read and len(refused) == len(read):
        return _refuse(refused, batched=delivery.batched)

    async def act(tx: Transaction) -> TakenFacts:
        taken = await commands.take(tx, (each for each in read if isinstance(each, Received)))
        return TakenFacts(results=sorted([*taken, *refused], key=lambda result: result.index))

    return await once.write(act, status=_status_of)


def _status_of(taken: TakenFacts) -> int:
    statuses = {result.status for result in taken.results}
    return statuses.pop() if len(statuses) == 1 else MIXED if statuses else 200


def _refuse(refused: Sequence[TakenFact], *, batched: bool) -> Response:
    if batched:
        return problem(422, "invalid", "none of these events can be taken", results=refused)
    errors = refused[0].errors
    detail = "not acceptable: " + ", ".join(error.field for error in errors)
    return problem(422, "invalid", detail, errors=errors, results=refused)

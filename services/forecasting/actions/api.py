"""What to do next about a party, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.forecasting.actions import commands, store
from services.forecasting.actions.commands import Answer
from services.forecasting.actions.domain import LATEST
from services.forecasting.actions.schemas import ActionView, NewAnswer, NewSuggestions, Suggested
from services.forecasting.copies import commands as copies
from shared.engine.transaction import Transaction
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.readiness import Serving
from shared.http.staff import staff_of

router = APIRouter(prefix="/v1/actions", tags=["actions"])
Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Written = Annotated[Once, Depends(idempotent)]


@router.post("", response_model=Suggested, dependencies=[Depends(requires("crm:write"))])
async def suggest_actions(new: NewSuggestions, once: Written) -> Response:
    """The three offers that bring most on average, each with what it was multiplied of, or why there is no advice.
    Never what it sent back or disputes, or what was answered of late; nothing while an urgent request of it is open.
    """

    async def act(tx: Transaction) -> Suggested:
        return await commands.advise(tx, new.party_id)

    return await once.write(act)


@router.get("", dependencies=[Depends(requires("crm:read"))])
async def list_actions(
    service: Service,
    page: Page,
    party_id: Annotated[Annotated[UUID | None, BlankIsNone], Query(description="Only of this party.")] = None,
) -> Listing[ActionView]:
    """What was suggested, the newest week first, and what was made of it."""
    after = page.after(UUID)
    async with service.read() as tx:
        ids = (await copies.find_family(tx, party_id)).ids if party_id else None
        found = await store.list_actions(tx, ids, after[0] if after else LATEST, page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.action_id,))


@router.post("/{action_id}/accept", response_model=ActionView)
async def accept_action(action_id: UUID, new: NewAnswer, principal: Writer, once: Written) -> Response:
    """It is being done, and not suggested again for 28 days. What is accepted more often comes first from now on."""
    return await _answer(action_id, "accepted", new, principal, once)


@router.post("/{action_id}/decline", response_model=ActionView)
async def decline_action(action_id: UUID, new: NewAnswer, principal: Writer, once: Written) -> Response:
    """It is not done, and not suggested again for 28 days."""
    return await _answer(action_id, "declined", new, principal, once)


async def _answer(action_id: UUID, said: Answer, new: NewAnswer, principal: Principal, once: Once) -> Response:
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> ActionView:
        return await commands.answer(tx, action_id, said, agent)

    return await once.write(act)

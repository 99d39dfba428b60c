"""Promises over HTTP: what is promised by which version, and how a ticket stands."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from services.support.sla import commands
from services.support.sla.domain.clock import Policy
from services.support.sla.schemas import CalendarList, Deadline, NewCalendar, PolicyList, Published
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1", tags=["sla"])

Service = Annotated[Serving, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
READS = [Depends(requires("crm:read"))]
WRITES = [Depends(requires("crm:write"))]


@router.get("/slas", dependencies=READS)
async def list_policies(service: Service) -> PolicyList:
    """Every version of every policy, newest first."""
    async with service.read() as tx:
        return await commands.list_policies(tx)


@router.put("/slas/{name}", dependencies=WRITES, response_model=Published)
async def define_policy(name: Name, definition: Policy, once: Repeatable) -> Response:
    """A new version, which holds for tickets that are triaged from now on; what was promised stays promised."""

    async def act(tx: Transaction) -> Published:
        return await commands.define(tx, name, definition)

    return await once.write(act)


@router.get("/calendars", dependencies=READS)
async def list_calendars(service: Service) -> CalendarList:
    """Every version of every calendar, newest first."""
    async with service.read() as tx:
        return await commands.list_calendars(tx)


@router.put("/calendars/{name}", dependencies=WRITES, response_model=Published)
async def define_calendar(name: Name, definition: NewCalendar, once: Repeatable) -> Response:
    """A new version; tickets that are measured by an older one stay so."""

    async def act(tx: Transaction) -> Published:
        return await commands.define(tx, name, definition)

    return await once.write(act)


@router.get("/slas/deadlines", dependencies=READS)
async def list_deadlines(service: Service, page: Page) -> Listing[Deadline]:
    """Tickets whose promise is open, the earliest deadline first; those that are overdue are the first of them."""
    async with service.read() as tx:
        found = await commands.list_deadlines(tx, page.after(datetime, UUID), page.limit + 1)
    return page.listing(found, lambda each: each, lambda each: (each.due_at, each.ticket_id))

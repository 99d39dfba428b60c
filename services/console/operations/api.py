"""Pages for operators: how far every service is, what waits for a person, and what may be done about it."""

import asyncio
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.operations.domain import Group, done_of, groups_of
from services.console.shell.asking import SERVICES, Json, Part, Service, Trouble, attempt
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/operations")
Cursor = Annotated[str | None, Query(max_length=1000)]
Count = Annotated[int | None, Query(ge=0, le=2**31)]


async def _look(page: Page, service: Service) -> tuple[Service, Part[list[Group]], Part[Json]]:
    lag, outbox = await asyncio.gather(
        attempt(page.asked.get(service, "operations/lag")), attempt(page.asked.get(service, "operations/outbox"))
    )
    groups: Part[list[Group]] = Part(groups_of(lag.value or ()), lag.trouble)
    return service, groups, outbox


@router.get("")
async def show_all(page: Shown) -> Response:
    """How far every service is; which records wait for a person comes in once the page stands."""
    return page.show("operations/all.html", looks=await asyncio.gather(*(_look(page, each) for each in SERVICES)))


@router.get("/waiting")
async def show_waiting(page: Shown) -> Response:
    """In which services records wait for a person. Other pages take it in."""
    kinds = ("parked", "quarantine")
    asked = [attempt(page.asked.get(service, f"operations/{kind}", limit=1)) for service in SERVICES for kind in kinds]
    found = await asyncio.gather(*asked)
    return page.show("operations/waiting.html", waiting=list(zip(SERVICES, found[::2], found[1::2], strict=True)))


@router.get("/{service}")
async def show_service(
    page: Shown, service: Service, applied: Count = None, parked: Cursor = None, quarantine: Cursor = None
) -> Response:
    """`parked` and `quarantine` are the places from which on the page lists each."""
    return await _show(page, service, applied=applied, after=(parked, quarantine))


@router.get("/{service}/quarantine/{record}")
async def show_quarantined(page: Shown, service: Service, record: int) -> Response:
    """One record as it came."""
    found = await page.asked.get(service, f"operations/quarantine/{record}")
    return page.show("operations/quarantined.html", service=service, record=found)


@router.post("/{service}/{kind}/{record}")
async def act(page: Shown, service: Service, kind: Literal["parked", "quarantine"], record: int) -> Response:
    """Applies one record again, or gives it up with a reason; what is refused again is said."""
    form = await page.form()
    verb = "drop" if form.get("act") == "drop" else "redrive"
    reason = {"because": form.get("because", "").strip()} if verb == "drop" else {}
    path, body = f"operations/quarantine/{record}/{verb}", dict[str, object](reason)
    if kind == "parked":
        path, body = f"operations/parked/{verb}", {"ids": [record], **reason}
    try:
        answer = await page.asked.write(service, "POST", path, body, key=form.get("key"))
    except Trouble as trouble:
        if form.get("because"):
            raise  # what was typed stands on the page that says so; this one has a form for each record
        return await _show(page, service, trouble=trouble)
    done = done_of(answer.body if isinstance(answer.body, list) else [answer.body])
    if done.held:
        return await _show(page, service, applied=done.applied, held=done.held)
    return go_to(f"/operations/{service}?{urlencode({'applied': done.applied})}")


async def _show(
    page: Page,
    service: Service,
    trouble: Trouble | None = None,
    applied: int | None = None,
    held: list[str] | None = None,
    after: tuple[str | None, str | None] = (None, None),
) -> Response:
    page.path = f"/operations/{service}"
    (_, groups, outbox), parked, quarantine = await asyncio.gather(
        _look(page, service),
        attempt(page.asked.get(service, "operations/parked", cursor=after[0], limit=50)),
        attempt(page.asked.get(service, "operations/quarantine", cursor=after[1], limit=50)),
    )
    return page.show(
        "operations/service.html",
        trouble.status if trouble else 200,
        service=service,
        groups=groups,
        outbox=outbox,
        parked=parked,
        quarantine=quarantine,
        trouble=trouble,
        applied=applied,
        held=held or [],
    )

"""Pages about segments: which there are, who is in one, and why somebody is or is not."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.segments.domain import asked_of, field_of, lines_of, value_of
from services.console.shell.asking import Trouble, attempt, path_part
from services.console.shell.facts import party_named
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/segments")
Cursor = Annotated[str | None, Query(max_length=1000)]
Name = Annotated[str, Path(max_length=200)]


@router.get("")
async def list_segments(page: Shown, cursor: Cursor = None) -> Response:
    """The newest version of each, with how many are in."""
    return page.show("segments/list.html", found=await attempt(page.asked.get("marketing", "segments", cursor=cursor)))


@router.get("/{name}")
async def show_segment(page: Shown, name: Name, cursor: Cursor = None) -> Response:
    return await _show(page, name, cursor)


@router.get("/{name}/why")
async def explain(page: Shown, name: Name, who: Annotated[str, Query(max_length=320)] = "") -> Response:
    """Each field that is asked, beside what is known of a customer, who is named by id or by the address of a page."""
    party = party_named(who)
    if not party:
        return await _show(page, name, None)
    try:
        found = await page.asked.get("marketing", f"segments/{path_part(name)}/parties/{path_part(party)}")
    except Trouble as trouble:
        return await _show(page, name, None, trouble, who)
    names, events = await asyncio.gather(page.names_of([found["party_id"]]), page.events_of([found["event_id"]]))
    return page.show(
        "segments/why.html",
        why=found,
        name=names.get(found["party_id"]),
        events=events,
        field_of=field_of,
        asked_of=asked_of,
        value_of=value_of,
    )


@router.post("/{name}/stop")
async def stop_segment(page: Shown, name: Name) -> Response:
    form = await page.form()
    path = f"segments/{path_part(name)}"
    try:
        await page.asked.write("marketing", "POST", f"{path}/stop", {}, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, name, None, trouble)
    return go_to(f"/{path}")


async def _show(page: Page, name: str, cursor: str | None, trouble: Trouble | None = None, typed: str = "") -> Response:
    path = f"segments/{path_part(name)}"
    page.path = f"/{path}"
    segment = await page.asked.get("marketing", path)
    members = await attempt(page.asked.get("marketing", f"{path}/parties", cursor=cursor, limit=50))
    return page.show(
        "segments/segment.html",
        trouble.status if trouble else 200,
        segment=segment,
        lines=list(lines_of(segment["definition"]["when"], page.words)),
        members=members,
        names=await page.names_of(each["party_id"] for each in members.listed),
        trouble=trouble,
        typed=typed,
    )

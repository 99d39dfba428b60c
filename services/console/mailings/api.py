"""Pages about mailings: which there are, how far one has come, trying its text, and starting, holding or ending it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.mailings.domain import ACTS, OUTCOMES, TONES, Draft, counts_of, template_of
from services.console.shell.asking import Json, Trouble, attempt, path_part, with_query
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter()
Cursor = Annotated[str | None, Query(max_length=1000)]
Name = Annotated[str, Path(max_length=200)]


@router.get("/mailings")
async def list_mailings(page: Shown, cursor: Cursor = None) -> Response:
    """By name."""
    found = await attempt(page.asked.get("marketing", "mailings", cursor=cursor, limit=50))
    return page.show("mailings/list.html", found=found, tones=TONES)


@router.get("/new/mailing")
async def show_new(page: Shown, segment: Annotated[str, Query(max_length=200)] = "") -> Response:
    return await _form(page, {"segment": segment})


@router.post("/new/mailing")
async def draft_mailing(page: Shown) -> Response:
    """Goes to the draft, which waits to be tried and started; of the name of another draft it takes its place."""
    form = await page.form()
    draft = Draft(form, page.taste.language)
    try:
        await page.asked.write("marketing", "POST", "mailings", draft.body(), key=form.get("key"))
    except Trouble as trouble:
        return await _form(page, form, trouble)
    return go_to(f"/mailings/{path_part(draft.name)}?taken=/new/mailing")


@router.get("/mailings/{name}")
async def show_mailing(page: Shown, name: Name, cursor: Cursor = None) -> Response:
    """How far it has come, its text, and what became of each recipient."""
    return await _show(page, name, cursor)


@router.post("/mailings/{name}/test")
async def test_mailing(page: Shown, name: Name) -> Response:
    """To an address of our own; once it was taken, the mailing may be started."""
    form = await page.form()
    body = {"email": form.get("email", "").strip(), "locale": form.get("locale", "").strip() or None}
    try:
        done = await page.asked.write("marketing", "POST", f"mailings/{path_part(name)}/test", body)
    except Trouble as trouble:
        return await _show(page, name, trouble=trouble, typed=form)
    return await _show(page, name, tried=done.body, typed=form)


@router.post("/mailings/{name}/{act}")
async def move_mailing(page: Shown, name: Name, act: Literal["start", "pause", "resume", "cancel"]) -> Response:
    """Where it cannot be done any more, the page says why."""
    form = await page.form()
    path = f"mailings/{path_part(name)}"
    untested = "true" if act == "start" and "untested" in form else None
    try:
        asked = with_query(f"{path}/{act}", untested=untested)
        await page.asked.write("marketing", "POST", asked, {}, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, name, trouble=trouble)
    return go_to(f"/{path}")


async def _show(
    page: Page,
    name: str,
    cursor: str | None = None,
    trouble: Trouble | None = None,
    *,
    tried: Json = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    path = f"mailings/{path_part(name)}"
    page.path = f"/{path}"
    mailing, campaign, recipients = await asyncio.gather(
        page.asked.get("marketing", path),
        page.asked.get("marketing", f"campaigns/{path_part(name)}"),
        attempt(page.asked.get("marketing", f"{path}/recipients", cursor=cursor, limit=25)),
    )
    template = template_of(campaign)
    content = f"content/{path_part(name)}/{path_part(template)}"
    letter, names = await asyncio.gather(
        attempt(page.asked.get("marketing", content, version=mailing["version"], locale=page.taste.language)),
        page.names_of(each["party_id"] for each in recipients.listed),
    )
    return page.show(
        "mailings/mailing.html",
        trouble.status if trouble else 200,
        mailing=mailing,
        description=campaign["definition"].get("description"),
        counts=counts_of(mailing),
        acts=ACTS.get(mailing["state"], ()),
        letter=letter,
        template=template,
        recipients=recipients,
        names=names,
        tones=TONES,
        outcomes=OUTCOMES,
        trouble=trouble,
        tried=tried,
        typed=typed or {},
    )


async def _form(page: Page, fields: Mapping[str, str], trouble: Trouble | None = None) -> Response:
    """Raises Trouble where marketing is away or forbids it."""
    if trouble is not None and trouble.kind not in {"refused", "stale"}:
        raise trouble
    segments = await attempt(page.asked.get("marketing", "segments", limit=200))
    names = [each["segment"] for each in segments.listed if each["stopped_at"] is None]
    return page.show(
        "mailings/form.html", trouble.status if trouble else 200, fields=fields, segments=names, trouble=trouble
    )

"""Pages about saved views: the tickets of one, keeping one for oneself or for a queue, changing and removing it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Trouble, attempt
from services.console.shell.editions import Edition, Fields, opened, opened_again, version_of
from services.console.shell.pages import Page, Shown, go_to
from services.console.views.domain import CHANNELS, PRIORITIES, STATUSES, WHOSE, definition_of, described, fields_of

router = APIRouter()


@router.get("/new/view")
async def show_new(page: Shown, status: Annotated[str, Query(max_length=20)] = "") -> Response:
    """With the state of tickets that was looked at; else with those that wait for somebody."""
    statuses = [status] if status in STATUSES else ["new", "open", "reopened", "pending"]
    return await _form(page, {f"statuses-{each}": "1" for each in statuses}, None)


@router.post("/new/view")
async def keep_view(page: Shown) -> Response:
    form = await page.form()
    body = {**definition_of(form), **page.acting}
    try:
        made = await page.asked.write("support", "POST", "views", body, key=form.get("key"))
    except Trouble as trouble:
        return await _form(page, form, None, trouble=trouble)
    return go_to(f"/tickets?view={made.body['id']}")


@router.get("/views/{view_id}")
async def show_view(page: Shown, view_id: UUID) -> Response:
    view = await page.asked.get("support", f"views/{view_id}")
    return await _form(page, fields_of(view), view, opened(fields_of(view), view["version"]))


@router.post("/views/{view_id}")
async def change_view(page: Shown, view_id: UUID) -> Response:
    """Decided on the version that the form showed."""
    form = await page.form()
    body, version = {**definition_of(form), **page.acting}, f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "PUT", f"views/{view_id}", body, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        view = await page.asked.get("support", f"views/{view_id}")
        now = opened(fields_of(view), view["version"])
        kept, edition = opened_again(form, trouble, now, described, page.words)
        return await _form(page, kept, view, edition, trouble)
    return go_to(f"/tickets?view={view_id}")


@router.post("/views/{view_id}/remove")
async def remove_view(page: Shown, view_id: UUID) -> Response:
    """The tickets stay."""
    form = await page.form()
    path, version = f"views/{view_id}", f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "DELETE", path, None, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        view = await page.asked.get("support", path)
        edition = opened(fields_of(view), version_of(form, trouble, view["version"]))
        return await _form(page, fields_of(view), view, edition, trouble)
    return go_to("/tickets")


async def _form(
    page: Page, fields: Fields, view: Any, edition: Edition | None = None, trouble: Trouble | None = None
) -> Response:
    """Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind not in {"refused", "stale"}:
        raise trouble
    queues = await attempt(page.asked.get("support", "queues"))
    return page.show(
        "views/form.html",
        trouble.status if trouble else 200,
        view=view,
        edition=edition,
        fields=fields,
        queues=[each["name"] for each in queues.listed],
        statuses=STATUSES,
        priorities=PRIORITIES,
        channels=CHANNELS,
        whose=WHOSE,
        trouble=trouble,
    )

"""Pages about models: which is used, how well each did, and using another one."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.models.domain import kinds_of, main_of, measures_of
from services.console.shell.asking import Trouble, attempt, path_part
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/models")
Cursor = Annotated[str | None, Query(max_length=1000)]
Name = Annotated[str, Path(max_length=100)]
_MOST = 200


@router.get("")
async def list_models(page: Shown) -> Response:
    """Of forecasting by name, and the one that says what requests are about."""
    found, triage = await asyncio.gather(
        attempt(page.asked.get("forecasting", "models", limit=_MOST)),
        attempt(page.asked.get("support", "triage/models", limit=_MOST)),
    )
    return page.show("models/list.html", found=found, kinds=kinds_of(found.listed), triage=triage, main_of=main_of)


@router.get("/{name}")
async def show_model(page: Shown, name: Name, cursor: Cursor = None) -> Response:
    return await _show(page, name, cursor)


@router.post("/{name}/promote")
async def promote(page: Shown, name: Name) -> Response:
    """Uses the model of a cut from now on; blank uses the newest of each time again."""
    form = await page.form()
    body = {"cut": form.get("cut", "").strip() or None, **page.acting}
    try:
        await page.asked.write("forecasting", "POST", f"models/{path_part(name)}/promote", body, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, name, trouble=trouble)
    return go_to(f"/models/{path_part(name)}")


async def _show(page: Page, name: str, cursor: str | None = None, trouble: Trouble | None = None) -> Response:
    page.path = f"/models/{path_part(name)}"
    found, measured = await asyncio.gather(
        attempt(page.asked.get("forecasting", "models", name=name, cursor=cursor, limit=50)),
        attempt(page.asked.get("forecasting", f"models/{path_part(name)}/quality", limit=50)),
    )
    if not found.trouble and not found.listed and cursor is None:
        raise Trouble("forecasting", 404, {})
    return page.show(
        "models/model.html",
        trouble.status if trouble else 200,
        name=name,
        found=found,
        measured=measured,
        kind=next(iter(kinds_of(found.listed)), None),
        measures_of=measures_of,
        main_of=main_of,
        trouble=trouble,
    )

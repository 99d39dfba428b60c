"""The page of mails that became no request, each of which may be made one."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Trouble, attempt
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/mails")
Cursor = Annotated[str | None, Query(max_length=1000)]
KINDS = ("held", "auto", "bounce")


@router.get("")
async def list_mails(
    page: Shown, kind: Annotated[Literal["held", "auto", "bounce"] | None, Query()] = None, cursor: Cursor = None
) -> Response:
    """Newest first."""
    return await _show(page, kind, cursor)


@router.post("/{mail_id}/accept")
async def accept_mail(page: Shown, mail_id: UUID) -> Response:
    """It becomes a request, which a ticket follows soon."""
    form = await page.form()
    try:
        await page.asked.write("support", "POST", f"mails/{mail_id}/accept", {}, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, trouble=trouble)
    return go_to("/mails")


async def _show(
    page: Page, kind: str | None = None, cursor: str | None = None, trouble: Trouble | None = None
) -> Response:
    page.path = "/mails"
    found = await attempt(page.asked.get("support", "mails", kind=kind, cursor=cursor, limit=50))
    code = trouble.status if trouble else 200
    return page.show("mails/list.html", code, found=found, kind=kind, kinds=KINDS, trouble=trouble)

"""The page of who gets no more letters: by the link of a letter, and addresses that are stopped altogether."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Json, Trouble, attempt
from services.console.shell.pages import Page, Shown
from shared.events.values import BlankIsNone

router = APIRouter(prefix="/suppressions")
Cursor = Annotated[str | None, Query(max_length=1000)]
Party = Annotated[Annotated[UUID | None, BlankIsNone], Query()]
_PATHS = {"find": "suppressions/find", "stop": "suppressions", "lift": "suppressions/lift"}


@router.get("")
async def list_suppressions(page: Shown, party_id: Party = None, cursor: Cursor = None) -> Response:
    """Newest first."""
    return await _show(page, party_id, cursor)


@router.post("/{act}")
async def ask_address(page: Shown, act: Literal["find", "stop", "lift"]) -> Response:
    """Whether an address is stopped, stopping it, or letting it be written to again. No address of ours holds it."""
    form = await page.form()
    email = form.get("email", "").strip()
    try:
        if act == "find":
            state = await page.asked.tell("marketing", "POST", _PATHS[act], {"email": email})
        else:
            why = {"because": form.get("because") or None, **page.acting} if act == "lift" else {}
            body = {"email": email, **why}
            done = await page.asked.write("marketing", "POST", _PATHS[act], body, key=form.get("key"))
            state = done.body
    except Trouble as trouble:
        return await _show(page, trouble=trouble, email=email)
    return await _show(page, email=email, state=state)


async def _show(
    page: Page,
    party_id: UUID | None = None,
    cursor: str | None = None,
    trouble: Trouble | None = None,
    *,
    email: str = "",
    state: Json = None,
) -> Response:
    """Raises Trouble where marketing is away or forbids it."""
    if trouble is not None and trouble.kind != "refused":
        raise trouble
    page.path = "/suppressions"
    found = await attempt(page.asked.get("marketing", "suppressions", party_id=party_id, cursor=cursor, limit=50))
    return page.show(
        "suppressions/list.html",
        trouble.status if trouble else 200,
        found=found,
        names=await page.names_of(each["party_id"] for each in found.listed),
        party_id=party_id,
        trouble=trouble,
        email=email,
        state=state,
    )

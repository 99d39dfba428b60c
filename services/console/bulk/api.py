"""One act on many tickets: beginning it, and seeing how far it has come and what was refused."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.bulk.domain import ACTS, TONES, act_of, detail_of, tickets_of, word_of
from services.console.shell.asking import Trouble, attempt
from services.console.shell.pages import MOST_FIELDS, Page, Shown, go_to

router = APIRouter(prefix="/acts")
Cursor = Annotated[str | None, Query(max_length=1000)]
Outcome = Annotated[Literal["waiting", "done", "refused", "failed", "stopped"] | None, Query()]


@router.post("")
async def begin(page: Shown) -> Response:
    """Goes to its progress. A ticket that has changed since its row was shown is refused, not overrun."""
    form = await page.form(MOST_FIELDS)
    assert page.agent is not None
    tickets, act = tickets_of(form), act_of(form, page.agent.name)
    if not tickets or act is None:
        return page.show("bulk/nothing.html", 422, tickets=tickets, acts=ACTS)
    body = {"tickets": tickets, "act": act, **page.acting}
    begun = await page.asked.write("support", "POST", "bulk-actions", body, key=form.get("key"))
    return go_to(f"/acts/{begun.body['id']}")


@router.get("/{bulk_id}")
async def show_progress(page: Shown, bulk_id: UUID, outcome: Outcome = None, cursor: Cursor = None) -> Response:
    return await _show(page, bulk_id, outcome, cursor)


@router.post("/{bulk_id}/stop")
async def stop(page: Shown, bulk_id: UUID) -> Response:
    """What waits is left undone; what is done stays done."""
    form = await page.form()
    try:
        await page.asked.write("support", "POST", f"bulk-actions/{bulk_id}/stop", {}, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, bulk_id, trouble=trouble)
    return go_to(f"/acts/{bulk_id}")


async def _show(
    page: Page, bulk_id: UUID, outcome: str | None = None, cursor: str | None = None, trouble: Trouble | None = None
) -> Response:
    path = f"bulk-actions/{bulk_id}"
    page.path = f"/acts/{bulk_id}"
    bulk, found = await asyncio.gather(
        page.asked.get("support", path),
        attempt(page.asked.get("support", f"{path}/items", outcome=outcome, cursor=cursor, limit=50)),
    )
    return page.show(
        "bulk/progress.html",
        trouble.status if trouble else 200,
        bulk=bulk,
        act=word_of(bulk["act"]),
        found=found,
        outcome=outcome,
        tones=TONES,
        detail_of=detail_of,
        trouble=trouble,
    )

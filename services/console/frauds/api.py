"""The queue of sales and refunds that look like fraud, and what people found out about them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.frauds.domain import BANDS, STATES, TONES
from services.console.shell.asking import Trouble, attempt
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/frauds")
Word = Annotated[str | None, Query(max_length=20)]
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("")
async def list_frauds(
    page: Shown, band: Word = None, state: Word = None, party_id: UUID | None = None, cursor: Cursor = None
) -> Response:
    """Those of most points first."""
    return await _show(page, band, state, party_id, cursor)


@router.post("/{assessment_id}/judge")
async def judge_fraud(
    page: Shown,
    assessment_id: UUID,
    band: Word = None,
    state: Word = None,
    party_id: UUID | None = None,
    cursor: Cursor = None,
) -> Response:
    """Comes back to the same queue; where somebody was quicker, the queue shows their verdict."""
    form = await page.form()
    path, version = f"frauds/{assessment_id}/judge", f'"{form.get("version", "")}"'
    body = {"verdict": form.get("verdict", ""), **page.acting}
    try:
        await page.asked.write("forecasting", "POST", path, body, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        return await _show(page, band, state, party_id, cursor, trouble)
    query = page.request.url.query
    return go_to(f"/frauds?{query}" if query else "/frauds")


async def _show(
    page: Page,
    band: str | None,
    state: str | None,
    party_id: UUID | None,
    cursor: str | None,
    trouble: Trouble | None = None,
) -> Response:
    page.path = "/frauds"
    chosen = {"band": band if band in BANDS else None, "state": state if state in STATES else "open"}
    asked = {**chosen, "party_id": party_id, "cursor": cursor, "limit": 25}
    found = await attempt(page.asked.get("forecasting", "frauds", **asked))
    return page.show(
        "frauds/list.html",
        trouble.status if trouble else 200,
        found=found,
        names=await page.names_of(each["party_id"] for each in found.listed),
        bands=BANDS,
        states=STATES,
        tones=TONES,
        party_id=party_id,
        trouble=trouble,
        **chosen,
    )

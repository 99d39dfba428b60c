"""The page of trends: what changes in what is sold, the newest first, and how likely chance alone would do that."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import attempt
from services.console.shell.pages import Shown
from services.console.trends.domain import KINDS, STATES, about

router = APIRouter(prefix="/trends")
Word = Annotated[str | None, Query(max_length=30)]


@router.get("")
async def list_trends(
    page: Shown,
    kind: Word = None,
    state: Word = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    chosen = {"kind": kind if kind in KINDS else None, "state": state if state in STATES else "open"}
    found = await attempt(page.asked.get("forecasting", "trends", **chosen, cursor=cursor, limit=50))
    return page.show("trends/list.html", found=found, kinds=KINDS, states=STATES, about=about, **chosen)

"""The page of surveys: what customers answered, in all and by product, channel, month or day."""

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import attempt
from services.console.shell.pages import Shown
from services.console.surveys.domain import BY, SURVEYS, shares_of, tone_of

router = APIRouter(prefix="/surveys")
Word = Annotated[str | None, Query(max_length=20)]


@router.get("")
async def show_results(
    page: Shown,
    by: Word = None,
    survey: Word = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """The three scores in all, and one of them taken apart."""
    chosen = {"by": by if by in BY else BY[0], "survey": survey if survey in SURVEYS else SURVEYS[0]}
    whole, found = await asyncio.gather(
        attempt(page.asked.get("marketing", "surveys", from_=since)),
        attempt(page.asked.get("marketing", "surveys", **chosen, from_=since, cursor=cursor, limit=50)),
    )
    return page.show(
        "surveys/results.html",
        whole=whole,
        found=found,
        tone_of=tone_of,
        shares_of=shares_of,
        surveys=SURVEYS,
        ways=BY,
        **chosen,
    )

"""The page of what the team got done: figures of tickets by who, where and what, and warnings of the desk."""

import asyncio
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import attempt
from services.console.shell.pages import Shown
from services.console.team.domain import BY, days_of, kept_of, tone_of, within_of
from shared.events.values import BlankIsNone

router = APIRouter(prefix="/team")
Day = Annotated[date | None, BlankIsNone]


@router.get("")
async def show_team(
    page: Shown,
    by: Annotated[str, Query(max_length=20)] = "queue",
    since: Annotated[Day, Query(alias="from")] = None,
    until: Annotated[Day, Query(alias="to")] = None,
) -> Response:
    """Of thirty days up to today where nothing else is asked for."""
    chosen = by if by in BY else BY[0]
    span = {"since": since, "until": until}
    whole, days, parts, warnings = await asyncio.gather(
        attempt(page.asked.get("support", "stats", **span)),
        attempt(page.asked.get("support", "stats", **span, by="day")),
        attempt(page.asked.get("support", "stats", **span, by=chosen)),
        attempt(page.asked.get("support", "stats/warnings", limit=20)),
    )
    figures = whole.value["items"][0] if whole.value and whole.value["items"] else None
    return page.show(
        "team/team.html",
        by=chosen,
        ways=BY,
        span=whole.value or {"since": since or "", "until": until or ""},
        whole=whole,
        figures=figures,
        within=within_of(figures["first_answer"]) if figures else [],
        days=days_of(days.listed, days.value["since"], days.value["until"]) if days.value and days.listed else None,
        parts_=parts,
        warnings=warnings,
        kept_of=kept_of,
        tone_of=tone_of,
    )

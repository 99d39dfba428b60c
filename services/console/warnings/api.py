"""The page of early warnings: what may become costly, the worst first, each with what it was decided by."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import attempt
from services.console.shell.pages import Shown

router = APIRouter(prefix="/warnings")
Word = Annotated[str | None, Query(max_length=30)]
KINDS = ("churn", "silence", "usage_drop", "dispute_cluster", "backlog", "forecast_missed", "demand_unusual")
STATES = ("open", "cleared")
AMOUNTS = ("came", "forecast", "lo95", "hi95", "came_in_all_weeks", "forecast_of_all_weeks")
"""Inputs that are money, in the currency of the series."""


@router.get("")
async def list_warnings(
    page: Shown,
    kind: Word = None,
    state: Word = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """With the names of the customers that they are about."""
    chosen = {"kind": kind if kind in KINDS else None, "state": state if state in STATES else "open"}
    found = await attempt(page.asked.get("forecasting", "warnings", **chosen, cursor=cursor, limit=50))
    items = found.listed
    names = await page.names_of(each["party_id"] for each in items)
    return page.show(
        "warnings/list.html",
        found=found,
        names=names,
        kinds=KINDS,
        states=STATES,
        amounts=AMOUNTS,
        **chosen,
    )

"""Pages about campaigns: which there are, and what one does, step by step."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.campaigns.domain import conditions_of, reached_of, steps_of, trigger_of, ways_of
from services.console.shell.asking import attempt, path_part
from services.console.shell.pages import Shown

router = APIRouter(prefix="/campaigns")
Cursor = Annotated[str | None, Query(max_length=1000)]
Name = Annotated[str, Path(max_length=200)]


@router.get("")
async def list_campaigns(page: Shown, cursor: Cursor = None) -> Response:
    found = await attempt(page.asked.get("marketing", "campaigns", cursor=cursor))
    return page.show("campaigns/list.html", found=found)


@router.get("/{name}")
async def show_campaign(
    page: Shown, name: Name, version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """The newest version, or the one that is asked for."""
    path = f"campaigns/{path_part(name)}"
    newest = await page.asked.get("marketing", path)
    campaign = newest if version is None else await page.asked.get("marketing", path, version=version)
    steps = steps_of(campaign)
    standings = await attempt(page.asked.get("marketing", f"{path}/flow", version=campaign["version"]))
    return page.show(
        "campaigns/campaign.html",
        campaign=campaign,
        versions=range(newest["version"], 0, -1),
        trigger=trigger_of(campaign["definition"]),
        steps=steps,
        ways=ways_of(steps),
        standings=standings,
        reached=reached_of(standings.value or ()),
        when=conditions_of(campaign["definition"].get("when")),
    )

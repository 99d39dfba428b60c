"""Pages about campaigns: which there are, what one does, step by step, what came of it, and its letters to look at."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import HTMLResponse, Response

from services.console.campaigns.domain import (
    TONES,
    Came,
    came_of,
    conditions_of,
    dated_of,
    reached_of,
    steps_of,
    trigger_of,
    wanted_of,
    ways_of,
)
from services.console.shell.asking import Json, Trouble, attempt, path_part, with_query
from services.console.shell.facts import party_named
from services.console.shell.guard import LETTER_HEADERS
from services.console.shell.pages import Page, Shown

router = APIRouter(prefix="/campaigns")
Cursor = Annotated[str | None, Query(max_length=1000)]
Name = Annotated[str, Path(max_length=200)]
Template = Annotated[str, Path(max_length=200)]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
BY_HAND = "enrolment.requested"


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a text is looked at, and in which version."""

    version: Version = None
    locale: Annotated[str, Query(max_length=35)] = ""
    who: Annotated[str, Query(max_length=320)] = ""

    @property
    def party_id(self) -> str:
        return party_named(self.who)


Chosen = Annotated[Reader, Depends()]


@router.get("")
async def list_campaigns(page: Shown, cursor: Cursor = None) -> Response:
    found = await attempt(page.asked.get("marketing", "campaigns", cursor=cursor))
    return page.show("campaigns/list.html", found=found)


@router.get("/{name}")
async def show_campaign(page: Shown, name: Name, version: Version = None) -> Response:
    """The newest version, or the one that is asked for."""
    return await _show(page, name, version)


@router.post("/{name}/enrolments")
async def enrol_parties(page: Shown, name: Name) -> Response:
    """Whoever stands in the form, one a line, and what came of each; sent twice, it acts once."""
    form = await page.form()
    typed = form.get("parties", "")
    wanted = wanted_of(typed)
    results: Json = []
    if wanted.ids:
        path = f"campaigns/{path_part(name)}/enrolments"
        try:
            done = await page.asked.write("marketing", "POST", path, {"parties": wanted.ids}, key=form.get("key"))
        except Trouble as trouble:
            return await _show(page, name, trouble=trouble, typed=typed)
        results = done.body["results"]
    return await _show(page, name, typed="\n".join(wanted.unread), came=came_of(wanted, results))


async def _show(
    page: Page,
    name: str,
    version: int | None = None,
    trouble: Trouble | None = None,
    *,
    typed: str = "",
    came: Sequence[Came] = (),
) -> Response:
    page.path = f"/campaigns/{path_part(name)}"
    path = f"campaigns/{path_part(name)}"
    newest = await page.asked.get("marketing", path)
    campaign = newest if version is None else await page.asked.get("marketing", path, version=version)
    steps = steps_of(campaign)
    standings, measures = await asyncio.gather(
        attempt(page.asked.get("marketing", f"{path}/flow", version=campaign["version"])),
        attempt(page.asked.get("marketing", f"{path}/measures")),
    )
    return page.show(
        "campaigns/campaign.html",
        trouble.status if trouble else 200,
        campaign=campaign,
        versions=range(newest["version"], 0, -1),
        trigger=trigger_of(campaign["definition"]),
        dated=dated_of(campaign["definition"]),
        steps=steps,
        ways=ways_of(steps),
        standings=standings,
        measures=measures,
        reached=reached_of(standings.value or ()),
        when=conditions_of(campaign["definition"].get("when")),
        by_hand=newest["stopped_at"] is None and trigger_of(newest["definition"]) == BY_HAND,
        trouble=trouble,
        typed=typed,
        came=came,
        tones=TONES,
        names=await page.names_of(each.party_id for each in came),
    )


@router.get("/{name}/letters/{template}")
async def show_letter(page: Shown, name: Name, template: Template, reader: Chosen) -> Response:
    """A text as a customer, or a sample one, would read it."""
    return await _show_letter(page, name, template, reader)


@router.get("/{name}/letters/{template}/html")
async def show_html(page: Shown, name: Name, template: Template, reader: Chosen) -> Response:
    """The letter alone, for a frame of its page: no script of it runs, and it asks nobody for anything."""
    found = await _look(page, name, template, reader)
    return HTMLResponse(found["html"] or "", headers=LETTER_HEADERS)


@router.post("/{name}/letters/{template}/test")
async def send_test(page: Shown, name: Name, template: Template, reader: Chosen) -> Response:
    """To an address of our own. Says whether it was taken; sent twice, it is read twice."""
    form = await page.form()
    email = form.get("email", "").strip()
    path = with_query(f"{_content(name, template)}/test", party_id=reader.party_id, version=reader.version)
    try:
        done = await page.asked.write("marketing", "POST", path, {"email": email, "locale": reader.locale or None})
    except Trouble as trouble:
        return await _show_letter(page, name, template, reader, trouble, email=email)
    return await _show_letter(page, name, template, reader, tried=done.body, email=email)


def _content(name: str, template: str) -> str:
    return f"content/{path_part(name)}/{path_part(template)}"


async def _look(page: Page, name: str, template: str, reader: Reader) -> Json:
    path = with_query(_content(name, template), party_id=reader.party_id, version=reader.version, locale=reader.locale)
    return await page.asked.get("marketing", path)


async def _show_letter(
    page: Page,
    name: str,
    template: str,
    reader: Reader,
    trouble: Trouble | None = None,
    *,
    tried: Json = None,
    email: str = "",
) -> Response:
    page.path = f"/campaigns/{path_part(name)}/letters/{path_part(template)}"
    return page.show(
        "campaigns/letter.html",
        trouble.status if trouble else 200,
        letter=await attempt(_look(page, name, template, reader)),
        name=name,
        template=template,
        reader=reader,
        trouble=trouble,
        tried=tried,
        email=email,
    )

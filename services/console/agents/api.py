"""Pages about who answers: agents with their presence and what they take, and the queues that wait for them."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.agents.domain import (
    ABSENCES,
    CHANNELS,
    PLACES,
    PRESENCES,
    REMOVALS,
    TONES,
    Definition,
    described,
    fields_of,
    rooms_of,
    times_of,
)
from services.console.shell.asking import Trouble, attempt, path_part, with_query
from services.console.shell.editions import Edition, Fields, opened, opened_again, version_of
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter()
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("/agents")
async def list_agents(page: Shown, cursor: Cursor = None) -> Response:
    """By name, each with where they are and how many tickets they have."""
    found = await attempt(page.asked.get("support", "agents", cursor=cursor, limit=50))
    return page.show("agents/list.html", found=found, tones=TONES)


@router.get("/new/agent")
async def show_new(page: Shown) -> Response:
    return _form(page, {}, None)


@router.post("/new/agent")
async def define_agent(page: Shown) -> Response:
    """Goes to the new agent, who is offline; what was typed stands in the form again where it was refused."""
    form = await page.form()
    agent_id = Definition(form).agent_id
    try:
        await _define(page, agent_id, form, '"0"')  # the version of nobody: whoever is one already is not written over
    except Trouble as trouble:
        return _form(page, form, None, trouble)
    return go_to(f"/agents/{path_part(agent_id)}")


@router.get("/agents/{agent_id}")
async def show_agent(page: Shown, agent_id: str) -> Response:
    return await _show(page, agent_id)


@router.post("/agents/{agent_id}/presence")
async def set_presence(page: Shown, agent_id: str) -> Response:
    """Whoever goes away or offline gives open tickets back, as the page says beside the form."""
    form = await page.form()
    presence = form.get("presence", "")
    absence = form.get("absence") or None
    body = {"presence": presence, "absence": absence if presence in {"away", "offline"} else None}
    try:
        await page.asked.write(
            *("support", "PUT", f"agents/{path_part(agent_id)}/presence", body),
            key=form.get("key"),
            if_match=f'"{form.get("version", "")}"',
        )
    except Trouble as trouble:
        return await _show(page, agent_id, trouble, form)
    return go_to(f"/agents/{path_part(agent_id)}")


@router.get("/agents/{agent_id}/edit")
async def show_edit(page: Shown, agent_id: str) -> Response:
    fields, version = await _read(page, agent_id)
    return _form(page, fields, opened(fields, version))


@router.post("/agents/{agent_id}/edit")
async def change_agent(page: Shown, agent_id: str) -> Response:
    """Decided on the version that the form showed."""
    form = {**await page.form(), "id": agent_id}
    try:
        await _define(page, agent_id, form, f'"{form.get("version", "")}"')
    except Trouble as trouble:
        now = opened(*await _read(page, agent_id))
        kept, edition = opened_again(form, trouble, now, described, page.words)
        return _form(page, kept, edition, trouble)
    return go_to(f"/agents/{path_part(agent_id)}")


@router.post("/agents/{agent_id}/remove")
async def remove_agent(page: Shown, agent_id: str) -> Response:
    """Nothing is given to them any more, and what they have goes to others."""
    form = await page.form()
    path = with_query(f"agents/{path_part(agent_id)}", reason=form.get("reason"))
    version = f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "DELETE", path, None, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        return await _show(page, agent_id, trouble, form)
    return go_to("/agents")


@router.get("/queues")
async def list_queues(page: Shown) -> Response:
    """How many wait in each, and since when."""
    return page.show("agents/queues.html", found=await attempt(page.asked.get("support", "queues")))


@router.get("/queues/{queue}")
async def show_queue(page: Shown, queue: str, cursor: Cursor = None) -> Response:
    """Who waits, the first in line first. Why one waits stands with the ticket."""
    found = await attempt(page.asked.get("support", f"queues/{path_part(queue)}", cursor=cursor, limit=50))
    names = await page.names_of(ticket["party_id"] for ticket in found.listed)
    return page.show("agents/queue.html", queue=queue, found=found, names=names, places=PLACES)


async def _define(page: Page, agent_id: str, form: Mapping[str, str], version: str | None) -> None:
    path = f"agents/{path_part(agent_id)}"
    await page.asked.write(
        "support", "PUT", path, Definition(form, page.taste.language).body(), key=form.get("key"), if_match=version
    )


async def _read(page: Page, agent_id: str) -> tuple[Fields, Any]:
    """The form of an agent, with the version. Raises Trouble."""
    agent = await page.asked.get("support", f"agents/{path_part(agent_id)}")
    return fields_of(agent), agent["version"]


def _form(page: Page, fields: Fields, edition: Edition | None, trouble: Trouble | None = None) -> Response:
    """Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind not in {"refused", "stale", "missing"}:
        raise trouble
    return page.show(
        "agents/form.html",
        trouble.status if trouble else 200,
        fields=fields,
        edition=edition,
        channels=CHANNELS,
        trouble=trouble,
    )


async def _show(page: Page, agent_id: str, trouble: Trouble | None = None, form: Fields | None = None) -> Response:
    agent = await page.asked.get("support", f"agents/{path_part(agent_id)}")
    return page.show(
        "agents/agent.html",
        trouble.status if trouble else 200,
        shown=agent,
        version=version_of(form, trouble, agent["version"]),
        typed=form or {},
        rooms=rooms_of(agent),
        times=times_of(agent),
        tones=TONES,
        presences=PRESENCES,
        absences=ABSENCES,
        removals=REMOVALS,
        trouble=trouble,
    )

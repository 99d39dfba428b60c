"""Pages about tickets: the queue, one with its thread, answering it and moving it on."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Asked, Json, Part, Trouble, attempt, path_part
from services.console.shell.editions import Fields, version_of
from services.console.shell.guard import FILE_HEADERS
from services.console.shell.pages import MOST_FIELDS, Page, Shown, go_to
from services.console.tickets.domain import QUEUE, TONES, WAITING, following, moves_of, split_of, splittable, subtask_of

router = APIRouter(prefix="/tickets")
Cursor = Annotated[str | None, Query(max_length=1000)]
Filter = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def list_tickets(
    page: Shown,
    status: Filter = None,
    party_id: UUID | None = None,
    view: UUID | None = None,
    cursor: Cursor = None,
) -> Response:
    """Newest first; the filters, or the view that keeps them, stand in the address."""
    assert page.agent is not None
    chosen, me = status if status in QUEUE else None, page.agent.name
    asked = (
        page.asked.get("support", f"views/{view}/tickets", agent=me, cursor=cursor, limit=50)
        if view
        else page.asked.get("support", "tickets", status=chosen, party_id=party_id, cursor=cursor, limit=50)
    )
    found, counts, views, replies = await asyncio.gather(
        attempt(asked),
        attempt(page.asked.get("support", "tickets/counts", party_id=party_id)),
        attempt(page.asked.get("support", "views", agent=me, limit=20)),
        attempt(page.asked.get("support", "canned-replies", limit=200)),
    )
    return page.show(
        "tickets/queue.html",
        found=found,
        counts=counts.value or {},
        views=views.listed,
        view=next((each for each in views.listed if each["id"] == str(view)), None) if view else None,
        view_id=str(view) if view else None,
        replies=[each["name"] for each in replies.listed],
        status=None if view else chosen,
        party_id=party_id,
        tones=TONES,
        queue=QUEUE,
    )


@router.get("/{ticket_id}")
async def show_ticket(page: Shown, ticket_id: UUID, reply: Filter = None, suggest: Filter = None) -> Response:
    """`reply` is a kept reply that stands in the form, with what is known of the ticket put in; with `suggest` it is
    what articles have to say.
    """
    return await _show(page, ticket_id, picked=reply, suggests=bool(suggest))


@router.get("/{ticket_id}/written")
async def list_written(page: Shown, ticket_id: UUID, cursor: Cursor = None) -> Response:
    """Everything that was answered and noted, the newest first: the ticket itself shows the last hundred."""
    path = f"tickets/{ticket_id}"
    ticket, written = await asyncio.gather(
        page.asked.get("support", path),
        attempt(page.asked.get("support", f"{path}/replies", cursor=cursor, limit=50)),
    )
    return page.show("tickets/written.html", ticket=ticket, written=written)


@router.post("/{ticket_id}/here")
async def say_here(page: Shown, ticket_id: UUID) -> Response:
    """An open page says so now and then, and takes in who else is there."""
    assert page.agent is not None
    form = await page.form()
    body = {"doing": "writing" if form.get("doing") == "writing" else "viewing"}
    seen = form.get("version", "")
    if seen.isascii() and seen.isdecimal() and len(seen) < 10:
        body["seen_version"] = seen
    path = f"tickets/{ticket_id}/viewers/{path_part(page.agent.name)}"
    found = await attempt(page.asked.tell("support", "PUT", path, body))
    return page.show("tickets/here.html", viewers=found.listed)


@router.post("/{ticket_id}/gone")
async def say_gone(page: Shown, ticket_id: UUID) -> Response:
    """Of a page that was left; one that cannot say it is forgotten soon."""
    assert page.agent is not None
    await attempt(page.asked.tell("support", "DELETE", f"tickets/{ticket_id}/viewers/{path_part(page.agent.name)}"))
    return Response(status_code=204)


@router.post("/{ticket_id}/follow")
async def follow_ticket(page: Shown, ticket_id: UUID) -> Response:
    """I hear what becomes of it, or no more."""
    assert page.agent is not None
    form = await page.form()
    method = "DELETE" if form.get("act") == "unfollow" else "PUT"
    return await _write(page, ticket_id, form, f"followers/{path_part(page.agent.name)}", None, method=method)


@router.post("/{ticket_id}/merge")
async def merge_ticket(page: Shown, ticket_id: UUID) -> Response:
    """Goes to the ticket that it goes on in."""
    form = await page.form()
    body = {"into": form.get("into", ""), **page.acting}
    return await _write(page, ticket_id, form, "merge", body, on_version=True, goes_to="id", acted=form)


@router.post("/{ticket_id}/unmerge")
async def unmerge_ticket(page: Shown, ticket_id: UUID) -> Response:
    """It goes on by itself again, and is open."""
    form = await page.form()
    return await _write(page, ticket_id, form, "unmerge", page.acting, on_version=True, goes_to="id", acted=form)


@router.post("/{ticket_id}/split")
async def split_ticket(page: Shown, ticket_id: UUID) -> Response:
    """Goes to the new ticket. Merging it into this one undoes it."""
    form = await page.form(MOST_FIELDS)
    body = {**split_of(form), **page.acting}
    return await _write(page, ticket_id, form, "split", body, on_version=True, goes_to="into", acted=form, split=form)


@router.post("/{ticket_id}/replies")
async def write_reply(page: Shown, ticket_id: UUID) -> Response:
    """A reply or a note. What was typed stands in the form again where it was not taken."""
    form = await page.form()
    body = {"text": form.get("text", ""), "kind": form.get("kind", "reply"), **page.acting}
    try:
        await page.asked.write("support", "POST", f"tickets/{ticket_id}/replies", body, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble, typed=form.get("text", ""))
    return go_to(f"/tickets/{ticket_id}?taken=1")


@router.get("/{ticket_id}/attachments/{mail_id}/{place}")
async def save_attachment(page: Shown, ticket_id: UUID, mail_id: UUID, place: int) -> Response:
    """The file as it came, to be saved."""
    del ticket_id
    file = await page.asked.download("support", f"mails/{mail_id}/attachments/{place}")
    headers = {**FILE_HEADERS, "Content-Disposition": file.disposition}
    return Response(file.content, media_type=file.media_type, headers=headers)


@router.post("/{ticket_id}/status")
async def move_ticket(page: Shown, ticket_id: UUID) -> Response:
    """Decided on the version that the page showed; `next` goes on to another one that waits."""
    form = await page.form()
    body = {"status": form.get("status", ""), **page.acting}
    path, version = f"tickets/{ticket_id}/status", f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "POST", path, body, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble, acted=form)
    if "next" in form and (another := await _next(page.asked, ticket_id)):
        return go_to(f"/tickets/{another}")
    return go_to("/tickets?status=open" if "next" in form else f"/tickets/{ticket_id}")


@router.post("/{ticket_id}/triage")
async def correct_triage(page: Shown, ticket_id: UUID) -> Response:
    """What the request is about, as the agent says; the next model learns from it."""
    form = await page.form()
    body = {"category": form.get("category") or None, "urgency": form.get("urgency") or None, **page.acting}
    return await _write(page, ticket_id, form, "triage", body)


@router.post("/{ticket_id}/assign")
async def assign_ticket(page: Shown, ticket_id: UUID) -> Response:
    """Takes it, gives it to somebody, or gives it back with a reason; a refusal says what speaks against it."""
    form = await page.form()
    assert page.agent is not None
    act = form.get("act")
    agent = page.agent.name if act == "claim" else form.get("agent", "").strip() or None
    back = {"agent": None, "reason": form.get("reason") or "other"}
    body = back if act == "return" else {"agent": agent, "take_over": "take_over" in form}
    by = {} if page.agent.token else {"by": page.agent.name}
    return await _write(page, ticket_id, form, "assign", {**body, **by})


@router.post("/{ticket_id}/subtasks")
async def add_subtask(page: Shown, ticket_id: UUID) -> Response:
    """Something more has to be done; what was typed stands in the form again where it was refused."""
    form = await page.form()
    body = {**subtask_of(form, page.words.zone), **page.acting}
    return await _write(page, ticket_id, form, "subtasks", body, subtask=form)


@router.post("/{ticket_id}/subtasks/{subtask_id}")
async def change_subtask(page: Shown, ticket_id: UUID, subtask_id: UUID) -> Response:
    """Done, dropped, open again, or mine."""
    form = await page.form()
    assert page.agent is not None
    said = {"assignee": page.agent.name} if form.get("act") == "mine" else {"status": form.get("act", "")}
    body, path = {**said, **page.acting}, f"subtasks/{subtask_id}"
    return await _write(page, ticket_id, form, path, body, method="PATCH", on_version=True)


async def _write(
    page: Page,
    ticket_id: UUID,
    form: Fields,
    path: str,
    body: Json,
    *,
    method: str = "POST",
    on_version: bool = False,
    goes_to: str | None = None,
    **typed: Any,
) -> Response:
    """Back to the ticket, or on to the one that the answer has as `goes_to`. With `on_version` it is decided on the
    version that the form names; a form that names none is refused. Where it was refused, the ticket's page has what was
    typed.
    """
    version = f'"{form.get("version", "")}"' if on_version else None
    path = f"tickets/{ticket_id}/{path}"
    try:
        done = await page.asked.write("support", method, path, body, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble, **typed)
    return go_to(f"/tickets/{done.body[goes_to] if goes_to else ticket_id}")


async def _next(asked: Asked, ticket_id: UUID) -> str | None:
    for status in WAITING:
        waiting = await asked.get("support", "tickets", status=status, limit=2)
        if another := following(str(ticket_id), waiting["items"]):
            return another
    return None


async def _show(
    page: Page,
    ticket_id: UUID,
    trouble: Trouble | None = None,
    typed: str = "",
    picked: str | None = None,
    *,
    suggests: bool = False,
    acted: Fields | None = None,
    split: Fields | None = None,
    subtask: Fields | None = None,
) -> Response:
    path = f"tickets/{ticket_id}"
    page.path = f"/{path}"
    ticket, categories, replies, filled = await asyncio.gather(
        page.asked.get("support", path),
        attempt(page.asked.get("support", "triage/categories")),
        _kept(page),
        _filled(page, path, picked, suggests=suggests),
    )
    return page.show(
        "tickets/ticket.html",
        trouble.status if trouble else 200,
        ticket=ticket,
        version=version_of(acted, trouble, ticket["version"]),
        others=await _others(page, ticket["party_id"]),
        categories=[each["name"] for each in categories.listed],
        viewers=ticket["viewers"],
        replies=[each["name"] for each in replies.listed],
        picked=picked,
        filled=filled,
        suggests=suggests,
        splittable=splittable(ticket),
        split=split or {},
        subtask=subtask or {},
        moves=moves_of(ticket),
        tones=TONES,
        trouble=trouble or filled.trouble,
        typed=typed or (filled.value["text"] or "" if filled.value else ""),
    )


async def _others(page: Page, party_id: str) -> Part[Json]:
    """Of the same customer. A script that takes parts anew leaves them as they are, so nothing is asked for them."""
    if page.bare:
        return Part({"items": []})
    return await attempt(page.asked.get("support", "tickets", party_id=party_id, limit=6))


async def _kept(page: Page) -> Part[Json]:
    """What may be picked, which stays as it is too."""
    return Part() if page.bare else await attempt(page.asked.get("support", "canned-replies", limit=200))


async def _filled(page: Page, path: str, picked: str | None, *, suggests: bool) -> Part[Json]:
    """A text for the form, and what is missing in it or where it comes from."""
    if suggests:
        return await attempt(page.asked.get("support", f"{path}/suggested-reply"))
    if not picked:
        return Part()
    return await attempt(page.asked.get("support", f"{path}/canned-replies/{path_part(picked)}"))

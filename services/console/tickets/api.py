"""Pages about tickets: the queue, one with its thread, answering it and moving it on."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.asking import Asked, Trouble, attempt
from services.console.shell.guard import FILE_HEADERS
from services.console.shell.pages import Page, Shown, go_to
from services.console.tickets.domain import QUEUE, TONES, WAITING, following, moves_of

router = APIRouter(prefix="/tickets")
Cursor = Annotated[str | None, Query(max_length=1000)]
Filter = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def list_tickets(
    page: Shown, status: Filter = None, party_id: UUID | None = None, cursor: Cursor = None
) -> Response:
    """Newest first; the filters stand in the address."""
    chosen = status if status in QUEUE else None
    found, counts = await asyncio.gather(
        attempt(page.asked.get("support", "tickets", status=chosen, party_id=party_id, cursor=cursor)),
        attempt(page.asked.get("support", "tickets/counts", party_id=party_id)),
    )
    return page.show(
        "tickets/queue.html",
        found=found,
        counts=counts.value or {},
        status=chosen,
        party_id=party_id,
        tones=TONES,
        queue=QUEUE,
    )


@router.get("/{ticket_id}")
async def show_ticket(page: Shown, ticket_id: UUID) -> Response:
    return await _show(page, ticket_id)


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
    version = f'"{form.get("version", "")}"'
    try:
        await page.asked.write(
            "support", "POST", f"tickets/{ticket_id}/status", body, key=form.get("key"), if_match=version
        )
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble)
    if "next" in form and (another := await _next(page.asked, ticket_id)):
        return go_to(f"/tickets/{another}")
    return go_to("/tickets?status=open" if "next" in form else f"/tickets/{ticket_id}")


@router.post("/{ticket_id}/triage")
async def correct_triage(page: Shown, ticket_id: UUID) -> Response:
    """What the request is about, as the agent says; the next model learns from it."""
    form = await page.form()
    body = {"category": form.get("category") or None, "urgency": form.get("urgency") or None, **page.acting}
    try:
        await page.asked.write("support", "POST", f"tickets/{ticket_id}/triage", body, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble)
    return go_to(f"/tickets/{ticket_id}")


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
    try:
        await page.asked.write("support", "POST", f"tickets/{ticket_id}/assign", {**body, **by}, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, ticket_id, trouble)
    return go_to(f"/tickets/{ticket_id}")


async def _next(asked: Asked, ticket_id: UUID) -> str | None:
    for status in WAITING:
        waiting = await asked.get("support", "tickets", status=status, limit=2)
        if another := following(str(ticket_id), waiting["items"]):
            return another
    return None


async def _show(page: Page, ticket_id: UUID, trouble: Trouble | None = None, typed: str = "") -> Response:
    ticket, categories = await asyncio.gather(
        page.asked.get("support", f"tickets/{ticket_id}"), attempt(page.asked.get("support", "triage/categories"))
    )
    others = await attempt(page.asked.get("support", "tickets", party_id=ticket["party_id"], limit=6))
    return page.show(
        "tickets/ticket.html",
        trouble.status if trouble else 200,
        ticket=ticket,
        others=others,
        categories=[each["name"] for each in categories.value["items"]] if categories.value else [],
        moves=moves_of(ticket),
        tones=TONES,
        trouble=trouble,
        typed=typed,
    )

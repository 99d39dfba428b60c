"""Pages that prove what became of every sale: the six figures, their sales, and each message with its why."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.followups.domain import OUTCOMES, figures_of, funnel_of, reasons_of
from services.console.shell.asking import Json, attempt
from services.console.shell.pages import Page, Shown

router = APIRouter(prefix="/follow-ups")
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("")
async def show_audit(
    page: Shown, outcome: Annotated[str | None, Query(max_length=20)] = None, cursor: Cursor = None
) -> Response:
    """The figures; with an outcome also its sales."""
    chosen = outcome if outcome in OUTCOMES else None
    looks = [attempt(page.asked.get("marketing", "audit/follow-ups"))]
    if chosen:
        looks.append(attempt(page.asked.get("marketing", "audit/follow-ups", outcome=chosen, cursor=cursor, limit=50)))
    audit, *found = await asyncio.gather(*looks)
    return page.show(
        "followups/audit.html",
        audit=audit,
        figures=figures_of(audit.value) if audit.value else [],
        reasons=reasons_of(audit.value) if audit.value else [],
        funnel=funnel_of(audit.value) if audit.value else [],
        outcome=chosen,
        sales=found[0] if found else None,
    )


@router.get("/sales/{trigger_event_id}")
async def show_sale(page: Shown, trigger_event_id: UUID) -> Response:
    """Every message that a sale led to, or the one line that says why there is none."""
    found = await page.asked.get("marketing", "messages", trigger_event_id=trigger_event_id, limit=50)
    messages = found["items"]
    return page.show(
        "followups/sale.html", messages=messages, trigger_event_id=str(trigger_event_id), **await _named(page, messages)
    )


@router.get("/messages/{message_id}")
async def show_message(page: Shown, message_id: UUID) -> Response:
    message = await page.asked.get("marketing", f"messages/{message_id}")
    return page.show("followups/message.html", message=message, **await _named(page, [message]))


async def _named(page: Page, messages: Sequence[Json]) -> dict[str, Any]:
    """The events that led to messages and decided them, and their customers, by name."""
    ids = [
        event_id
        for each in messages
        for event_id in (each["trigger_event_id"], each["consent_event_id"], *each["deciding_event_ids"])
    ]
    events, names = await asyncio.gather(page.events_of(ids), page.names_of(each["party_id"] for each in messages))
    return {"events": events, "names": names}

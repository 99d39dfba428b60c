"""The page of one event: what it says, who told it, and which events led to it."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.events.domain import describe
from services.console.shell.pages import Shown

router = APIRouter(prefix="/events")


@router.get("/{event_id}")
async def show_event(page: Shown, event_id: UUID) -> Response:
    """As its topic holds it, so that nobody has to trust what was made of it since."""
    event = await page.asked.get("contacts", f"events/{event_id}")
    return page.show("events/event.html", event=describe(event, page.words))

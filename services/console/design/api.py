"""Every part that pages are made of, on one page: how it looks, and what its tests look at."""

from fastapi import APIRouter
from starlette.responses import Response

from services.console.shell.asking import Part, Trouble
from services.console.shell.pages import Shown

router = APIRouter()
_TROUBLES = (("contacts", 503), ("support", 403), ("marketing", 404), ("contacts", 409), ("support", 422))


@router.get("/design")
async def show_design(page: Shown) -> Response:
    troubles = [Trouble(service, status, {}) for service, status in _TROUBLES]
    listed = Part({"items": [1, 20, 300], "next_cursor": "301"})
    return page.show("design/design.html", troubles=troubles, listed=listed, now=page.words.now.isoformat())

"""The pages of products: what each should cost, and what is to be ordered, each with what decides."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.products.domain import ORDERED, PRICED, written
from services.console.shell.asking import attempt
from services.console.shell.pages import Shown

router = APIRouter()
Word = Annotated[str | None, Query(max_length=30)]
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("/prices")
async def list_prices(page: Shown, show: Word = None, cursor: Cursor = None) -> Response:
    """What gains most first; or the products without advice, and why there is none."""
    shown = show if show in PRICED else "advised"
    found = await attempt(
        page.asked.get("forecasting", "prices", advised=PRICED[shown], cursor=cursor, limit=50),
    )
    return page.show("products/prices.html", found=found, shown=shown, tabs=tuple(PRICED), written=written)


@router.get("/reorders")
async def list_reorders(page: Shown, show: Word = None, cursor: Cursor = None) -> Response:
    """What may run out soonest first, of what is to be ordered now, or of what is not."""
    shown = show if show in ORDERED else "due"
    found = await attempt(page.asked.get("forecasting", "reorders", due=ORDERED[shown], cursor=cursor, limit=50))
    return page.show("products/reorders.html", found=found, shown=shown, tabs=tuple(ORDERED), written=written)

"""Pages about forgetting customers: asking for it, a second person's approval, and the certificate."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.erasures.domain import EXEMPTIONS, GROUNDS, STATES, summed
from services.console.shell.asking import Json, Part, Trouble, attempt
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/erasures")
_NOTHING: Mapping[str, str] = MappingProxyType({})
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("")
async def list_erasures(
    page: Shown, state: Annotated[str | None, Query(max_length=20)] = None, cursor: Cursor = None
) -> Response:
    """Newest first."""
    chosen = state if state in STATES else None
    found = await attempt(page.asked.get("contacts", "erasures", state=chosen, cursor=cursor, limit=50))
    return page.show("erasures/list.html", found=found, state=chosen, states=STATES)


@router.get("/new")
async def show_new(page: Shown, party_id: UUID) -> Response:
    return await _show_new(page, party_id)


@router.post("/new")
async def request_erasure(page: Shown, party_id: UUID) -> Response:
    form = await page.form()
    body = {"party_id": str(party_id), "because": form.get("because", "").strip(), **_by(page)}
    if ground := form.get("ground"):
        body["ground"] = ground
    try:
        asked = await page.asked.write("contacts", "POST", "erasures", body, key=form.get("key"))
    except Trouble as trouble:
        return await _show_new(page, party_id, trouble, form)
    return go_to(f"/erasures/{asked.body['id']}")


@router.get("/{erasure_id}")
async def show_erasure(page: Shown, erasure_id: UUID) -> Response:
    """What is asked, or the certificate of what was done."""
    return await _show(page, erasure_id)


@router.post("/{erasure_id}/{verb}")
async def decide_erasure(page: Shown, erasure_id: UUID, verb: Literal["approve", "decline"]) -> Response:
    form, body = await page.form(), _by(page)
    if verb == "decline" and (exemption := form.get("exemption")):
        body["exemption"] = exemption
    try:
        await page.asked.write("contacts", "POST", f"erasures/{erasure_id}/{verb}", body, key=form.get("key"))
    except Trouble as trouble:
        return await _show(page, erasure_id, trouble, form)
    return go_to(f"/erasures/{erasure_id}")


def _by(page: Page) -> dict[str, str]:
    """Where no token says who acts, the chosen name does."""
    assert page.agent is not None
    return {} if page.agent.token else {"by": page.agent.name}


async def _show_new(
    page: Page, party_id: UUID, trouble: Trouble | None = None, typed: Mapping[str, str] = _NOTHING
) -> Response:
    party = await page.asked.get("contacts", f"parties/{party_id}")
    code = trouble.status if trouble else 200
    return page.show("erasures/new.html", code, party=party, trouble=trouble, typed=typed, grounds=GROUNDS)


async def _show(
    page: Page, erasure_id: UUID, trouble: Trouble | None = None, typed: Mapping[str, str] = _NOTHING
) -> Response:
    erasure = await page.asked.get("contacts", f"erasures/{erasure_id}")
    open_ = erasure["state"] == "requested"
    party = await attempt(page.asked.get("contacts", f"parties/{erasure['party_id']}")) if open_ else Part[Json]()
    return page.show(
        "erasures/erasure.html",
        trouble.status if trouble else 200,
        erasure=erasure,
        party=party.value,
        gone=summed(erasure),
        trouble=trouble,
        typed=typed,
        exemptions=EXEMPTIONS,
    )

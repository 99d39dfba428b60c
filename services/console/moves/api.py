"""Pages about identities that are somebody else's: taking them out of a customer, giving one over, taking it back."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.console.moves.domain import chosen_of
from services.console.shell.asking import Answer, Trouble, path_part
from services.console.shell.editions import version_of
from services.console.shell.facts import party_named
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter()


@router.get("/parties/{party_id}/identities")
async def show_identities(page: Shown, party_id: UUID) -> Response:
    return await _show(page, party_id)


@router.post("/parties/{party_id}/identities")
async def part_identities(page: Shown, party_id: UUID) -> Response:
    """Those that are ticked are a new customer's, or that one's who is named. Decided on the version that was shown."""
    form = await page.form()
    party = await page.asked.get("contacts", f"parties/{party_id}")
    chosen = chosen_of(form, party["identities"])
    try:
        done = await _part(page, party_id, chosen, form)
    except Trouble as trouble:
        return await _show(page, party_id, trouble, form)
    return await _show(page, party_id, typed=form, nothing=True) if done is None else go_to(f"/moves/{done.body['id']}")


@router.get("/moves/{move_id}")
async def show_move(page: Shown, move_id: UUID) -> Response:
    return await _show_move(page, move_id)


@router.post("/moves/{move_id}/undo")
async def undo_move(page: Shown, move_id: UUID) -> Response:
    """Goes to the move that gives them back."""
    form = await page.form()
    path, because = f"moves/{move_id}/undo", {"because": form.get("because", "").strip()}
    try:
        done = await page.asked.write("contacts", "POST", path, because, key=form.get("key"))
    except Trouble as trouble:
        return await _show_move(page, move_id, trouble, form)
    return go_to(f"/moves/{done.body['id']}")


async def _part(page: Page, party_id: UUID, chosen: list[str], form: Mapping[str, str]) -> Answer | None:
    """None where it is not said what is done with which."""
    to, because = party_named(form.get("to", "")), form.get("because", "").strip()
    if not chosen or (to and len(chosen) > 1):
        return None
    path, body = f"parties/{party_id}/split", {"identities": chosen, "because": because}
    if to:
        path, body = f"parties/{party_id}/identities/{path_part(chosen[0])}/move", {"to": to, "because": because}
    version = f'"{form.get("version", "")}"'
    return await page.asked.write("contacts", "POST", path, body, key=form.get("key"), if_match=version)


async def _show(
    page: Page,
    party_id: UUID,
    trouble: Trouble | None = None,
    typed: Mapping[str, str] | None = None,
    *,
    nothing: bool = False,
) -> Response:
    party = await page.asked.get("contacts", f"parties/{party_id}")
    code = 422 if nothing else trouble.status if trouble else 200
    return page.show(
        "moves/identities.html",
        code,
        party=party,
        version=typed.get("version", "") if typed and nothing else version_of(typed, trouble, party["version"]),
        trouble=trouble,
        typed=typed or {},
        nothing=nothing,
    )


async def _show_move(
    page: Page, move_id: UUID, trouble: Trouble | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    move = await page.asked.get("contacts", f"moves/{move_id}")
    names = await page.names_of((move["from_party_id"], move["to_party_id"]))
    return page.show(
        "moves/move.html",
        trouble.status if trouble else 200,
        move=move,
        names=names,
        trouble=trouble,
        typed=typed or {},
    )

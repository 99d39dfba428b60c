"""Pages about customers who may be one: the questions, the two side by side, merging them, and taking it back."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.duplicates.domain import STATES, choice_of, fields_of, merge_of, usual_survivor, versions_of
from services.console.shell.asking import Json, Part, Trouble, attempt, path_part
from services.console.shell.editions import Fields
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/duplicates")
Cursor = Annotated[str | None, Query(max_length=1000)]
_MOST = 25


@router.get("")
async def list_duplicates(
    page: Shown, state: Annotated[str, Query(max_length=20)] = "open", cursor: Cursor = None
) -> Response:
    """The likeliest first."""
    chosen = state if state in STATES else "open"
    asked = {"state": "merged", "doubted": "true"} if chosen == "doubted" else {"state": chosen}
    found = await attempt(page.asked.get("contacts", "duplicates", **asked, cursor=cursor, limit=_MOST))
    items = found.listed
    cards = await page.cards_of(party_id for pair in items for party_id in pair["party_ids"])
    return page.show("duplicates/list.html", found=found, cards=cards, state=chosen, states=STATES)


@router.get("/merges")
async def list_merges(page: Shown, party_id: UUID | None = None, cursor: Cursor = None) -> Response:
    """Newest first, of everybody or of one customer."""
    found = await attempt(page.asked.get("contacts", "merges", party_id=party_id, cursor=cursor, limit=_MOST))
    items = found.listed
    cards = await page.cards_of(each[name] for each in items for name in ("into_party_id", "merged_party_id"))
    return page.show("duplicates/merges.html", found=found, cards=cards, party_id=party_id)


@router.get("/merges/{merge_id}")
async def show_merge(page: Shown, merge_id: UUID) -> Response:
    return await _show_merge(page, merge_id)


@router.post("/merges/{merge_id}/undo")
async def undo_merge(page: Shown, merge_id: UUID) -> Response:
    """Shows what may be of either of the two, which is said once, by whoever takes the merge back."""
    form = await page.form()
    path, because = f"merges/{merge_id}/undo", {"because": form.get("because", "").strip()}
    try:
        done = await page.asked.write("contacts", "POST", path, because, key=form.get("key"))
    except Trouble as trouble:
        return await _show_merge(page, merge_id, trouble)
    return await _show_merge(page, merge_id, ambiguous=done.body["ambiguous"])


@router.get("/{duplicate_id}")
async def show_pair(page: Shown, duplicate_id: UUID) -> Response:
    return await _show_pair(page, duplicate_id)


@router.post("/{duplicate_id}/merge")
async def merge_pair(page: Shown, duplicate_id: UUID) -> Response:
    """Decided on the version of whoever goes on that the page showed."""
    form = await page.form()
    pair = await page.asked.get("contacts", f"duplicates/{duplicate_id}")
    choice = choice_of(form, pair["party_ids"])
    body = {"other": choice.other, "because": choice.because, "fields": choice.fields}
    path, version = f"parties/{path_part(choice.into)}/merge", f'"{choice.version}"'
    try:
        done = await page.asked.write("contacts", "POST", path, body, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        return await _show_pair(page, duplicate_id, trouble, form)
    return go_to(f"/duplicates/merges/{done.body['id']}")


@router.post("/{duplicate_id}/dismiss")
async def dismiss_pair(page: Shown, duplicate_id: UUID) -> Response:
    return await _answer(page, duplicate_id, "dismiss", "/duplicates")


@router.post("/{duplicate_id}/confirm")
async def confirm_pair(page: Shown, duplicate_id: UUID) -> Response:
    """They are one, whatever speaks against their merge."""
    return await _answer(page, duplicate_id, "confirm", "/duplicates?state=doubted")


async def _answer(page: Page, duplicate_id: UUID, verb: str, following: str) -> Response:
    form = await page.form()
    path, because = f"duplicates/{duplicate_id}/{verb}", {"because": form.get("because", "").strip()}
    try:
        await page.asked.write("contacts", "POST", path, because, key=form.get("key"))
    except Trouble as trouble:
        return await _show_pair(page, duplicate_id, trouble, form)
    return go_to(following)


async def _show_pair(
    page: Page, duplicate_id: UUID, trouble: Trouble | None = None, typed: Fields | None = None
) -> Response:
    pair = await page.asked.get("contacts", f"duplicates/{duplicate_id}")
    found = await asyncio.gather(*(attempt(page.asked.get("contacts", f"parties/{id_}")) for id_ in pair["party_ids"]))
    parties = [each.value for each in found if each.value]
    both = len(parties) == len(pair["party_ids"])
    merges = (
        await attempt(page.asked.get("contacts", "merges", party_id=pair["party_ids"][0], limit=_MOST))
        if pair["state"] == "merged"
        else Part[Json]()
    )
    return page.show(
        "duplicates/pair.html",
        trouble.status if trouble else 200,
        pair=pair,
        parties=parties,
        lost=next((each.trouble for each in found if each.trouble), None),
        fields=fields_of(*parties) if both else [],
        survivor=usual_survivor(parties) if both else None,
        merge=merge_of(pair, merges.value["items"]) if merges.value else None,
        versions=versions_of(parties, typed, trouble),
        trouble=trouble,
        typed=typed or {},
    )


async def _show_merge(
    page: Page, merge_id: UUID, trouble: Trouble | None = None, ambiguous: list[Json] | None = None
) -> Response:
    merge = await page.asked.get("contacts", f"merges/{merge_id}")
    cards = await page.cards_of((merge["into_party_id"], merge["merged_party_id"]))
    return page.show(
        "duplicates/merge.html",
        trouble.status if trouble else 200,
        merge=merge,
        cards=cards,
        trouble=trouble,
        ambiguous=ambiguous,
    )

"""Pages about disputes: those that stand, one with its steps and what speaks for either side, and raising one."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.disputes.domain import (
    CAUSES,
    EVIDENCE,
    TONES,
    currency_of,
    evidence_of,
    moved,
    raised,
)
from services.console.shell.asking import Json, Trouble, attempt, path_part
from services.console.shell.editions import version_of
from services.console.shell.pages import Page, Shown, go_to

router = APIRouter(prefix="/disputes")
Word = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def list_disputes(
    page: Shown,
    state: Word = None,
    party_id: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Newest first: what is not closed, where nothing else is asked for."""
    closed = state == "closed"
    asked = {"open": "false" if closed else "true", "party_id": party_id, "cursor": cursor, "limit": 50}
    found = await attempt(page.asked.get("support", "disputes", **asked))
    names = await page.names_of(each["party_id"] for each in found.listed)
    return page.show("disputes/list.html", found=found, names=names, closed=closed, party_id=party_id, tones=TONES)


@router.get("/new")
async def show_new(page: Shown, party_id: UUID, ticket_id: UUID | None = None) -> Response:
    """Of a customer, and of a ticket where the request is about one."""
    return await _form(page, {"party_id": str(party_id), "ticket_id": str(ticket_id or "")})


@router.post("/new")
async def raise_dispute(page: Shown) -> Response:
    form = await page.form()
    try:
        made = await page.asked.write(
            "support", "POST", "disputes", {**raised(form, page.taste.language), **page.acting}, key=form.get("key")
        )
    except Trouble as trouble:
        return await _form(page, form, trouble)
    return go_to(f"/disputes/{made.body['id']}")


@router.get("/{dispute_id}")
async def show_dispute(page: Shown, dispute_id: UUID) -> Response:
    return await _show(page, dispute_id)


@router.post("/{dispute_id}/status")
async def move_dispute(page: Shown, dispute_id: UUID) -> Response:
    form = await page.form()
    return await _act(page, dispute_id, "status", form, moved(form, page.taste.language))


@router.post("/{dispute_id}/evidence")
async def add_evidence(page: Shown, dispute_id: UUID) -> Response:
    form = await page.form()
    return await _act(page, dispute_id, "evidence", form, evidence_of(form))


async def _act(page: Page, dispute_id: UUID, path: str, form: Mapping[str, str], body: Json) -> Response:
    """Decided on the version that the page showed; what was typed stands in the form again where it was refused."""
    try:
        await page.asked.write(
            *("support", "POST", f"disputes/{dispute_id}/{path}", {**body, **page.acting}),
            key=form.get("key"),
            if_match=f'"{form.get("version", "")}"',
        )
    except Trouble as trouble:
        return await _show(page, dispute_id, trouble, {**form, "sent": path})
    return go_to(f"/disputes/{dispute_id}")


async def _form(page: Page, fields: Mapping[str, str], trouble: Trouble | None = None) -> Response:
    """Raises Trouble where support is away or forbids it, or where contacts does not know the customer."""
    if trouble is not None and trouble.kind not in {"refused", "stale"}:
        raise trouble
    party = await page.asked.get("contacts", f"parties/{path_part(fields.get('party_id', ''))}")
    return page.show(
        "disputes/form.html",
        trouble.status if trouble else 200,
        party=party,
        fields=fields,
        causes=CAUSES,
        currencies=[total["net"]["currency"] for total in party["totals"]],
        trouble=trouble,
    )


async def _show(
    page: Page, dispute_id: UUID, trouble: Trouble | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    dispute = await page.asked.get("support", f"disputes/{dispute_id}")
    card = await attempt(page.asked.get("contacts", "parties", ids=dispute["party_id"]))
    cards = card.listed
    return page.show(
        "disputes/dispute.html",
        trouble.status if trouble else 200,
        dispute=dispute,
        version=version_of(typed, trouble, dispute["version"]),
        name=cards[0]["name"] if cards else None,
        currency=currency_of(dispute),
        kinds=EVIDENCE,
        tones=TONES,
        trouble=trouble,
        typed=typed or {},
    )

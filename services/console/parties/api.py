"""Pages about customers: finding them, reading one, writing down what is known of them."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.parties.domain import (
    ADDRESSES,
    GROUPS,
    KINDS,
    Profile,
    address_text,
    described,
    end_of,
    errors_of,
    fields_of,
    lines_of,
    news_of,
    own_fields_of,
    purchases_of,
    related_of,
    standing_of,
)
from services.console.shell.asking import Json, Part, Trouble, attempt
from services.console.shell.editions import Edition, Fields, opened, opened_again
from services.console.shell.facts import party_named
from services.console.shell.pages import Page, Shown, go_to
from shared.events.values import BlankIsNone

router = APIRouter(prefix="/parties")
Cursor = Annotated[str | None, Query(max_length=1000)]
Text = Annotated[str | None, Query(max_length=320)]
Day = Annotated[Annotated[date | None, BlankIsNone], Query()]
LINES = 25


@router.get("")
async def list_parties(page: Shown, q: Text = None, cursor: Cursor = None) -> Response:
    """Newest first, or those whom a search finds."""
    asked = (q or "").strip()
    found = await attempt(page.asked.get("contacts", "parties", q=asked, cursor=cursor, limit=50))
    return page.show("parties/list.html", q=asked, found=found)


@router.get("/incomplete")
async def list_incomplete(page: Shown, cursor: Cursor = None) -> Response:
    """Of whom something is missing, the worst first, each with what to ask for next."""
    found = await attempt(page.asked.get("contacts", "incomplete", cursor=cursor, limit=50))
    return page.show("parties/incomplete.html", found=found)


@router.get("/new")
async def show_new(page: Shown) -> Response:
    return _form(page, None, {"kind": "person"})


@router.post("/new")
async def create_party(page: Shown) -> Response:
    """Goes to the new party; one that is known already is shown as such, and nothing that was typed is lost."""
    form = await page.form()
    try:
        made = await page.asked.write(
            "contacts", "POST", "parties", Profile(form, page.taste.language).patch(), key=form.get("key")
        )
    except Trouble as trouble:
        return _form(page, None, form, None, trouble)
    return go_to(f"/parties/{made.body['id']}")


@router.get("/{party_id}")
async def show_party(page: Shown, party_id: UUID, show: Text = None, cursor: Cursor = None) -> Response:
    """The 360 view; what forecasting says comes in once the page stands, with what others are to the customer.

    A page that is open and heard of news takes what they change, and of the newest lines those that it lacks.
    """
    types = GROUPS.get(show or "")
    if page.brief and not types and cursor is None:
        view = await page.asked.get("contacts", f"parties/{party_id}")
        return page.show("parties/news.html", party=view, lines=news_of(view["timeline"], page.known, page.words))
    path = f"parties/{party_id}"
    view, timeline = await asyncio.gather(
        page.asked.get("contacts", path),
        attempt(page.asked.get("contacts", f"{path}/timeline", type=types, cursor=cursor, limit=LINES)),
    )
    return page.show(
        "parties/party.html",
        party=view,
        shown=show if types else None,
        timeline=timeline,
        lines=lines_of(timeline.listed, page.words),
        following=timeline.value["next_cursor"] if timeline.value else None,
    )


@router.get("/{party_id}/past")
async def show_past(page: Shown, party_id: UUID, day: Day = None) -> Response:
    """All that was known of a customer at the end of a day, in the zone of whoever looks; of today, by now."""
    today = page.words.local(page.words.now).date()
    if day is None or day > today:
        return page.show("parties/past.html", party_id=party_id, day=None, today=today, found=None, lines=[])
    as_of = min(end_of(day, page.words.zone), page.words.now)
    found = await attempt(page.asked.get("contacts", f"parties/{party_id}", as_of=as_of.isoformat()))
    lines = lines_of(found.value["timeline"], page.words) if found.value else []
    return page.show("parties/past.html", party_id=party_id, day=day, today=today, found=found, lines=lines)


@router.get("/{party_id}/consents")
async def show_consents(page: Shown, party_id: UUID, cursor: Cursor = None) -> Response:
    """What is allowed, and everything that was ever said of it, each line with the event that proves it."""
    view, state, history = await asyncio.gather(
        page.asked.get("contacts", f"parties/{party_id}"),
        attempt(page.asked.get("contacts", "consents", party_id=party_id)),
        attempt(page.asked.get("contacts", "consents/history", party_id=party_id, cursor=cursor, limit=50)),
    )
    return page.show("parties/consents.html", party=view, state=state, history=history)


@router.get("/{party_id}/points")
async def show_points(page: Shown, party_id: UUID, cursor: Cursor = None) -> Response:
    """What a customer has earned and spent, and what is left until when."""
    path = f"loyalty/{party_id}"
    view, balance, statement = await asyncio.gather(
        page.asked.get("contacts", f"parties/{party_id}"),
        attempt(page.asked.get("marketing", path)),
        attempt(page.asked.get("marketing", f"{path}/statement", cursor=cursor, limit=50)),
    )
    return page.show("parties/points.html", party=view, balance=balance, statement=statement)


@router.get("/{party_id}/around")
async def show_around(page: Shown, party_id: UUID, relations: Cursor = None, roles: Cursor = None) -> Response:
    """What others are to a customer, what is expected and what to offer next. The customer's page takes it in.

    `relations` and `roles` are the places from which on the page lists each.
    """
    return await _show_around(page, party_id, after=(relations, roles))


@router.post("/{party_id}/relations")
async def add_relation(page: Shown, party_id: UUID) -> Response:
    form = await page.form()
    body = {"kind": form.get("kind", ""), "to": party_named(form.get("to", "")), "since": form.get("since") or None}
    return await _write_around(page, party_id, f"parties/{party_id}/relations", body, form)


@router.post("/{party_id}/relations/{relation_id}/end")
async def end_relation(page: Shown, party_id: UUID, relation_id: UUID) -> Response:
    return await _write_around(page, party_id, f"relations/{relation_id}/end", {}, await page.form())


@router.post("/{party_id}/roles")
async def grant_role(page: Shown, party_id: UUID) -> Response:
    form = await page.form()
    body = {"role": form.get("role", ""), "since": form.get("since") or None}
    return await _write_around(page, party_id, f"parties/{party_id}/roles", body, form)


@router.post("/{party_id}/roles/{role_id}/end")
async def end_role(page: Shown, party_id: UUID, role_id: UUID) -> Response:
    return await _write_around(page, party_id, f"roles/{role_id}/end", {}, await page.form())


@router.post("/{party_id}/actions")
async def suggest_actions(page: Shown, party_id: UUID) -> Response:
    """Asks what to do next; where there is no advice, the page says why."""
    form = await page.form()
    try:
        done = await page.asked.write(
            "forecasting", "POST", "actions", {"party_id": str(party_id)}, key=form.get("key")
        )
    except Trouble as trouble:
        return await _show_around(page, party_id, trouble)
    return await _show_around(page, party_id, suggested=done.body)


@router.post("/{party_id}/actions/{action_id}/{said}")
async def answer_action(page: Shown, party_id: UUID, action_id: UUID, said: Literal["accept", "decline"]) -> Response:
    """Forecasting learns from what is said; where somebody said otherwise before, the page says so."""
    form = await page.form()
    path = f"actions/{action_id}/{said}"
    try:
        await page.asked.write("forecasting", "POST", path, page.acting, key=form.get("key"))
    except Trouble as trouble:
        return await _show_around(page, party_id, trouble)
    return go_to(f"/parties/{party_id}/around")


@router.get("/{party_id}/edit")
async def show_edit(page: Shown, party_id: UUID) -> Response:
    view = await page.asked.get("contacts", f"parties/{party_id}")
    return _form(page, view, fields_of(view), opened(fields_of(view), view["version"]))


@router.post("/{party_id}/edit")
async def change_party(page: Shown, party_id: UUID) -> Response:
    """Takes what was read with the form as what it was decided on; a later change is shown beside one's own."""
    form = await page.form()
    try:
        await page.asked.write(
            "contacts",
            "PATCH",
            f"parties/{party_id}",
            Profile(form, page.taste.language).patch(),
            key=form.get("key"),
            if_match=f'"{form.get("version", "")}"',
        )
    except Trouble as trouble:
        view = await page.asked.get("contacts", f"parties/{party_id}")
        now = opened(fields_of(view), view["version"])
        kept, edition = opened_again(form, trouble, now, described, page.words)
        return _form(page, view, kept, edition, trouble)
    return go_to(f"/parties/{party_id}")


async def _write_around(
    page: Page, party_id: UUID, path: str, body: Mapping[str, Any], form: Mapping[str, str]
) -> Response:
    """Shows again what was typed where contacts refuses it."""
    try:
        await page.asked.write("contacts", "POST", path, body, key=form.get("key"))
    except Trouble as trouble:
        return await _show_around(page, party_id, trouble, form)
    return go_to(f"/parties/{party_id}/around")


async def _show_around(
    page: Page,
    party_id: UUID,
    trouble: Trouble | None = None,
    typed: Mapping[str, str] | None = None,
    suggested: Json = None,
    after: tuple[str | None, str | None] = (None, None),
) -> Response:
    path = f"parties/{party_id}"
    page.path = f"/{path}/around"
    around, expected, relations, roles = await asyncio.gather(
        attempt(page.asked.get("contacts", f"{path}/overview")),
        attempt(page.asked.get("forecasting", f"overviews/{party_id}")),
        _following(page, f"{path}/relations", after[0]),
        _following(page, f"{path}/roles", after[1]),
    )
    if around.trouble and not page.bare:
        raise around.trouble
    known = around.value or {"party_id": str(party_id), "name": None, "completeness": None, "purchases": []}
    further = relations.listed if relations else []
    names = await page.names_of(each[end] for each in further for end in ("from_now", "to_now"))
    relations = relations or around.of("relations")
    actions = expected.of("actions")
    return page.show(
        "parties/around.html",
        trouble.status if trouble else 200,
        party={"id": known["party_id"], "name": known["name"]},
        complete=known["completeness"],
        purchases=purchases_of(known["purchases"]),
        relations=relations,
        related=related_of({str(party_id), known["party_id"]}, relations.listed, names),
        roles=roles or around.of("roles"),
        advice=expected.of("advice"),
        scores=expected.of("scores"),
        actions=actions,
        standing=standing_of(actions.value or ()),
        suggested=suggested,
        trouble=trouble,
        typed=typed or {},
    )


async def _following(page: Page, path: str, cursor: str | None) -> Part[Json] | None:
    """A list from a place on; its beginning comes with what stands around."""
    return await attempt(page.asked.get("contacts", path, cursor=cursor, limit=50)) if cursor else None


def _form(
    page: Page, party: Json, fields: Fields, edition: Edition | None = None, trouble: Trouble | None = None
) -> Response:
    """What was typed, with what was wrong with it. Raises Trouble where the service is away or forbids it."""
    if trouble and trouble.kind not in {"refused", "stale"}:
        raise trouble
    stale = trouble is not None and trouble.kind == "stale"
    return page.show(
        "parties/form.html",
        trouble.status if trouble else 200,
        party=party,
        fields=fields,
        errors=errors_of(trouble.problem, page.words) if trouble and not stale else {},
        edition=edition,
        theirs=trouble.problem.get("state") if trouble and stale and party is None else None,
        trouble=trouble,
        addresses=ADDRESSES,
        own=own_fields_of(fields),
        kinds=KINDS,
        address_text=address_text,
    )

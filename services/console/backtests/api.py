"""Pages that try rules on the past before they go live: to whom tickets would have gone, which promises would have been
kept, whom a campaign would have written to. Nothing is changed, and nothing is kept.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.backtests.domain import (
    FIGURES,
    METRICS,
    PRIORITIES,
    clocks_of,
    draft_of,
    figures_of,
    promises_of,
    rules_of,
    span_of,
    typed_policy,
    usual_span,
    written_draft,
)
from services.console.shell.asking import Json, Trouble, attempt, path_part, with_query
from services.console.shell.pages import Page, Shown

router = APIRouter(prefix="/backtests")
Name = Annotated[str, Path(max_length=200)]
_WAIT_S = 60
_SHOWN = 50


@router.get("/routing")
async def show_routing(page: Shown) -> Response:
    return await _show_routing(page, usual_span(page.words.local(page.words.now).date()))


@router.post("/routing")
async def try_routing(page: Shown) -> Response:
    form = await page.form()
    body = {**rules_of(form, page.taste.language), **span_of(form, page.words.zone), "shown": _SHOWN}
    try:
        found = await page.asked.tell("support", "POST", "routing/backtest", body, wait_s=_WAIT_S)
    except Trouble as trouble:
        return await _show_routing(page, form, trouble=trouble)
    return await _show_routing(page, form, found)


@router.get("/promises")
async def show_promises(page: Shown, policy: Annotated[str, Query(max_length=64)] = "default") -> Response:
    return await _show_promises(page, policy, usual_span(page.words.local(page.words.now).date()))


@router.post("/promises")
async def try_promises(page: Shown) -> Response:
    form = await page.form()
    policy = form.get("policy", "")
    body = {**promises_of(form, page.taste.language), **span_of(form, page.words.zone), "shown": _SHOWN}
    try:
        found = await page.asked.tell("support", "POST", "slas/backtest", body, wait_s=_WAIT_S)
    except Trouble as trouble:
        return await _show_promises(page, policy, form, trouble=trouble)
    return await _show_promises(page, policy, form, found)


@router.get("/campaigns/{name}")
async def show_campaign(page: Shown, name: Name) -> Response:
    campaign = await _find_campaign(page, name)
    return await _show_campaign(page, campaign, usual_span(page.words.local(page.words.now).date()))


@router.post("/campaigns/{name}")
async def try_campaign(page: Shown, name: Name) -> Response:
    """The campaign as the form has it, with the texts that it has now."""
    form = await page.form()
    campaign = await _find_campaign(page, name)
    span = span_of(form, page.words.zone)
    asked = {"from": span["since"], "to": span["until"], "days": form.get("days", "").strip(), "limit": _SHOWN}
    path = with_query("campaigns/backtest", **asked)
    body = {**draft_of(campaign["definition"]), "text": form.get("text", "")}
    try:
        found = await page.asked.tell("marketing", "POST", path, body, wait_s=_WAIT_S)
    except Trouble as trouble:
        return await _show_campaign(page, campaign, form, trouble=trouble)
    return await _show_campaign(page, campaign, form, found)


async def _show_routing(
    page: Page, fields: Mapping[str, Any], found: Json = None, trouble: Trouble | None = None
) -> Response:
    """Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind != "refused":
        raise trouble
    categories = await attempt(page.asked.get("support", "triage/categories"))
    return page.show(
        "backtests/routing.html",
        trouble.status if trouble else 200,
        fields=fields,
        found=found,
        figures=figures_of(found) if found else [],
        kinds=FIGURES,
        categories=[each["name"] for each in categories.listed],
        trouble=trouble,
    )


async def _show_promises(
    page: Page, policy: str, fields: Mapping[str, Any], found: Json = None, trouble: Trouble | None = None
) -> Response:
    """With what the policy says now, where nothing was typed. Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind != "refused":
        raise trouble
    policies = (await page.asked.get("support", "slas"))["items"]
    calendars = await attempt(page.asked.get("support", "calendars"))
    definition = next((each["definition"] for each in policies if each["name"] == policy), None)
    typed = typed_policy(definition) if definition is not None and "calendar" not in fields else {}
    return page.show(
        "backtests/promises.html",
        trouble.status if trouble else 200,
        policy=policy,
        policies=list(dict.fromkeys(each["name"] for each in policies)),
        calendars=list(dict.fromkeys(each["name"] for each in calendars.listed)),
        fields={**fields, **typed},
        found=found,
        clocks=clocks_of(found) if found else [],
        priorities=PRIORITIES,
        metrics=METRICS,
        trouble=trouble,
    )


async def _find_campaign(page: Page, name: str) -> Json:
    """Raises Trouble where marketing is away, forbids it, or has none of this name."""
    return await page.asked.get("marketing", f"campaigns/{path_part(name)}")


async def _show_campaign(
    page: Page, campaign: Json, fields: Mapping[str, Any], found: Json = None, trouble: Trouble | None = None
) -> Response:
    """Raises `trouble` unless marketing refused what was tried, which the page says."""
    if trouble is not None and trouble.kind != "refused":
        raise trouble
    messages = found["messages"] if found else []
    return page.show(
        "backtests/campaign.html",
        trouble.status if trouble else 200,
        name=campaign["campaign"],
        fields=fields,
        text=fields.get("text") or json.dumps(written_draft(campaign["definition"]), ensure_ascii=False, indent=1),
        found=found,
        names=await page.names_of(each["party_id"] for each in messages[:100]),
        trouble=trouble,
    )

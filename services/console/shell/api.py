"""Signing in under a chosen name, and how pages look."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.shell.agent import NAME_COOKIE, ChosenNames
from services.console.shell.pages import THEMES, Open, Shown, go_to, zones
from services.console.shell.words import LANGUAGES
from shared.http.staff import STAFF_ID

router = APIRouter()
Next = Annotated[str, Query(max_length=2000)]


@router.get("/sign-in")
async def show_sign_in(page: Open, next: Next = "/") -> Response:  # noqa: A002 - the parameter's word
    chosen = isinstance(page.request.app.state.sessions, ChosenNames)
    return page.show("shell/sign_in.html", 200 if chosen else 401, next=next, chosen=chosen, wrong=False, name="")


@router.post("/sign-in")
async def sign_in(page: Open) -> Response:
    """Only where RAPPORT_AUTH__MODE=off: the name is a staff id, so that it may stand on topics."""
    form = await page.form()
    name, following = form.get("name", "").strip(), form.get("next", "/")
    if not isinstance(page.request.app.state.sessions, ChosenNames):
        return go_to("/sign-in")
    if re.fullmatch(STAFF_ID, name) is None:
        return page.show("shell/sign_in.html", 422, next=following, chosen=True, wrong=True, name=name)
    return go_to(following, {NAME_COOKIE: name})


@router.post("/sign-out")
async def sign_out() -> Response:
    response = go_to("/sign-in")
    response.delete_cookie(NAME_COOKIE)
    return response


@router.post("/look")
async def choose_look(page: Shown) -> Response:
    """Language, time zone and theme, kept in cookies of this browser; what is not known changes nothing."""
    form = await page.form()
    known = {"language": tuple(LANGUAGES), "theme": THEMES}
    cookies = {f"rapport-{name}": form[name] for name, values in known.items() if form.get(name) in values}
    if (zone := form.get("zone", "").strip()) in zones():
        cookies["rapport-zone"] = zone
    return go_to(_where(page.request.headers.get("referer", "/")), cookies)


def _where(referer: str) -> str:
    """The page that a form came from, as an address within the console; the first page where that is none."""
    try:
        back = urlsplit(referer)
    except ValueError:
        return "/"
    return back.path + (f"?{back.query}" if back.query else "")

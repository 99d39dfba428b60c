"""Pages about replies that are kept for use again: which there are, writing one, changing and removing it."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.replies.domain import PLACEHOLDERS, described, fields_of, languages_of, placeholder, texts_of
from services.console.shell.asking import Trouble, attempt, path_part
from services.console.shell.editions import Edition, Fields, opened, opened_again, version_of
from services.console.shell.pages import Page, Shown, go_to
from services.console.shell.words import LANGUAGES

router = APIRouter()
Cursor = Annotated[str | None, Query(max_length=1000)]


@router.get("/replies")
async def list_replies(page: Shown, cursor: Cursor = None) -> Response:
    """By name."""
    found = await attempt(page.asked.get("support", "canned-replies", cursor=cursor, limit=50))
    return page.show("replies/list.html", found=found)


@router.get("/new/reply")
async def show_new(page: Shown) -> Response:
    return _form(page, {}, None)


@router.post("/new/reply")
async def keep_reply(page: Shown) -> Response:
    """One of a name that is taken is not written over."""
    form = await page.form()
    name = form.get("name", "").strip()
    try:
        await _write(page, name, form, "0")
    except Trouble as trouble:
        return _form(page, form, None, trouble=trouble)
    return go_to("/replies?taken=/new/reply")


@router.get("/replies/{name}")
async def show_reply(page: Shown, name: str) -> Response:
    reply = await page.asked.get("support", f"canned-replies/{path_part(name)}")
    return _form(page, fields_of(reply), reply, opened(fields_of(reply), reply["version"]))


@router.post("/replies/{name}")
async def change_reply(page: Shown, name: str) -> Response:
    """Decided on the version that the form showed; where somebody was quicker, theirs stands beside it."""
    form = {**await page.form(), "name": name}
    try:
        await _write(page, name, form, form.get("version", ""))
    except Trouble as trouble:
        reply = await page.asked.get("support", f"canned-replies/{path_part(name)}")
        now = opened(fields_of(reply), reply["version"])
        kept, edition = opened_again(form, trouble, now, described, page.words)
        return _form(page, kept, reply, edition, trouble)
    return go_to(f"/replies?taken=/replies/{path_part(name)}")


@router.post("/replies/{name}/remove")
async def remove_reply(page: Shown, name: str) -> Response:
    """It is not offered any more; what was sent stays."""
    form = await page.form()
    path, version = f"canned-replies/{path_part(name)}", f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "DELETE", path, None, key=form.get("key"), if_match=version)
    except Trouble as trouble:
        reply = await page.asked.get("support", path)
        edition = opened(fields_of(reply), version_of(form, trouble, reply["version"]))
        return _form(page, fields_of(reply), reply, edition, trouble)
    return go_to("/replies")


async def _write(page: Page, name: str, form: Mapping[str, str], version: str) -> None:
    body = {"texts": texts_of(form), **page.acting}
    path = f"canned-replies/{path_part(name or '-')}"
    await page.asked.write("support", "PUT", path, body, key=form.get("key"), if_match=f'"{version}"')


def _form(
    page: Page, fields: Fields, reply: Any, edition: Edition | None = None, trouble: Trouble | None = None
) -> Response:
    """Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind not in {"refused", "stale"}:
        raise trouble
    known = reply["texts"] if reply else {}
    return page.show(
        "replies/form.html",
        trouble.status if trouble else 200,
        reply=reply,
        edition=edition,
        fields=fields,
        languages=languages_of({**known, **texts_of(fields)}, LANGUAGES),
        placeholders=PLACEHOLDERS,
        placeholder=placeholder,
        trouble=trouble,
    )

"""Pages about articles: finding them, reading, writing and publishing one."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from services.console.articles.domain import MOVES, STATES, TONES, described, text_of, title_of
from services.console.shell.asking import Trouble, attempt
from services.console.shell.editions import Edition, Fields, opened, opened_again, version_of
from services.console.shell.pages import Page, Shown, go_to
from services.console.shell.words import LANGUAGES

router = APIRouter()
Cursor = Annotated[str | None, Query(max_length=1000)]
Language = Annotated[str, Path(pattern="^[a-z]{2,3}$")]
Wished = Annotated[str, Query(max_length=3)]


@router.get("/articles")
async def list_articles(
    page: Shown,
    state: Annotated[str | None, Query(max_length=20)] = None,
    q: Annotated[str, Query(max_length=1000)] = "",
    cursor: Cursor = None,
) -> Response:
    """Newest first, or those that are published and have every word that is looked for."""
    chosen, language = state if state in STATES else None, page.taste.language
    if q.strip():
        found = await attempt(page.asked.get("support", "articles/search", q=q.strip(), language=language, limit=50))
        return page.show("articles/found.html", found=found, q=q)
    found = await attempt(
        page.asked.get("support", "articles", state=chosen, language=language, cursor=cursor, limit=50)
    )
    return page.show("articles/list.html", found=found, state=chosen, states=STATES, tones=TONES, q=q)


@router.get("/new/article")
async def show_new(page: Shown) -> Response:
    return await _form(page, None, {"language": page.taste.language})


@router.post("/new/article")
async def add_article(page: Shown) -> Response:
    """A draft, until somebody publishes it."""
    form = await page.form()
    body = {
        **_said(page, form),
        "language": form.get("language", "").strip().lower(),
        "category": form.get("category") or None,
    }
    try:
        made = await page.asked.write("support", "POST", "articles", body, key=form.get("key"))
    except Trouble as trouble:
        return await _form(page, None, form, trouble=trouble)
    return go_to(f"/articles/{made.body['id']}?taken=/new/article")


@router.get("/articles/{article_id}")
async def show_article(page: Shown, article_id: UUID) -> Response:
    return await _show(page, article_id)


@router.post("/articles/{article_id}/state")
async def move_article(page: Shown, article_id: UUID) -> Response:
    """Decided on the version that the page showed."""
    form = await page.form()
    body, version = {"state": form.get("state", "")}, f'"{form.get("version", "")}"'
    try:
        await page.asked.write(
            "support", "POST", f"articles/{article_id}/state", body, key=form.get("key"), if_match=version
        )
    except Trouble as trouble:
        return await _show(page, article_id, trouble, form)
    return go_to(f"/articles/{article_id}")


@router.get("/articles/{article_id}/edit")
async def choose_language(
    page: Shown, article_id: UUID, language: Annotated[str, Query(max_length=3)] = ""
) -> Response:
    """Of one language: that which is asked for, or the reader's own."""
    article = await page.asked.get("support", f"articles/{article_id}")
    chosen = language.strip().lower() or page.taste.language
    fields = {**text_of(article, chosen), "language": chosen}
    return await _form(page, article, fields, opened(text_of(article, chosen), article["version"]))


@router.post("/articles/{article_id}/texts/{language}")
async def write_text(page: Shown, article_id: UUID, language: Language) -> Response:
    """A new version of the text; where somebody was quicker, theirs is shown beside what was typed."""
    form = await page.form()
    path, version = f"articles/{article_id}/texts/{language}", f'"{form.get("version", "")}"'
    try:
        await page.asked.write("support", "PUT", path, _said(page, form), key=form.get("key"), if_match=version)
    except Trouble as trouble:
        article = await page.asked.get("support", f"articles/{article_id}")
        now = opened(text_of(article, language), article["version"])
        kept, edition = opened_again(form, trouble, now, described, page.words)
        return await _form(page, article, {**kept, "language": language}, edition, trouble)
    return go_to(f"/articles/{article_id}?taken=/articles/{article_id}/edit")


def _said(page: Page, form: Mapping[str, str]) -> dict[str, str]:
    return {"title": form.get("title", "").strip(), "body": form.get("body", "").strip(), **page.acting}


async def _show(page: Page, article_id: UUID, trouble: Trouble | None = None, form: Fields | None = None) -> Response:
    article = await page.asked.get("support", f"articles/{article_id}")
    return page.show(
        "articles/article.html",
        trouble.status if trouble else 200,
        article=article,
        version=version_of(form, trouble, article["version"]),
        title=title_of(article, page.taste.language),
        moves=MOVES[article["state"]],
        missing=[each for each in LANGUAGES if each not in {text["language"] for text in article["texts"]}],
        tones=TONES,
        trouble=trouble,
    )


async def _form(
    page: Page, article: Any, fields: Fields, edition: Edition | None = None, trouble: Trouble | None = None
) -> Response:
    """Raises Trouble where support is away or forbids it."""
    if trouble is not None and trouble.kind not in {"refused", "stale"}:
        raise trouble
    categories = await attempt(page.asked.get("support", "triage/categories"))
    return page.show(
        "articles/form.html",
        trouble.status if trouble else 200,
        article=article,
        fields=fields,
        edition=edition,
        categories=[each["name"] for each in categories.listed],
        trouble=trouble,
    )

"""Articles over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic_core import from_json
from starlette.responses import Response

from services.support.knowledge import commands
from services.support.knowledge.domain.article import DEFAULT_LANGUAGE, State
from services.support.knowledge.schemas import (
    ArticleState,
    ArticleView,
    Category,
    Deflected,
    FoundList,
    ListedArticle,
    NewArticle,
    NewArticleState,
    NewArticleText,
    NewDeflection,
    SuggestedReply,
    Writing,
)
from services.support.tickets.schemas import Language
from shared.engine.transaction import Transaction
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.limits import COSTLY
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/articles", tags=["articles"])
suggestions = APIRouter(prefix="/v1/tickets", tags=["articles"])
Service = Annotated[Serving, Depends(service_of)]
Writer = Annotated[Principal, Depends(requires("crm:write"))]
Repeatable = Annotated[Once, Depends(idempotent)]
READS = [Depends(requires("crm:read"))]
_LAST = datetime(9999, 12, 30, tzinfo=UTC), UUID(int=2**128 - 1)


@router.post("", status_code=201, response_model=ArticleState, responses=answers_with(201, "ETag", "Location"))
async def add_article(new: NewArticle, principal: Writer, once: Repeatable) -> Response:
    """A draft in its first language."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> ArticleState:
        return await commands.add_article(tx, new, agent)

    response = with_etag(await once.write(act, status=201))
    response.headers["Location"] = f"/v1/articles/{from_json(bytes(response.body))['id']}"
    return response


@router.get("", dependencies=READS)
async def list_articles(
    service: Service,
    page: Page,
    state: Annotated[State | None, BlankIsNone] = None,
    language: Annotated[Language, Query(description="Of the titles, where articles have it.")] = DEFAULT_LANGUAGE,
) -> Listing[ListedArticle]:
    """Newest first, with how many requests were not made for each."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        found = await commands.list_articles(
            tx, (after[0], after[1]) if after else _LAST, state, language, page.limit + 1
        )
    return page.listing(found, lambda each: each, lambda each: (each.created_at, each.id))


@router.get("/search", dependencies=[*READS, COSTLY])
async def search_articles(
    service: Service,
    q: Annotated[str, Query(max_length=1_000, pattern=r"\S", description='Words, "phrases", or, -without.')],
    language: Annotated[Language | None, Query(description="Else that of the words.")] = None,
    category: Annotated[Category | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> FoundList:
    """Published articles in a language that have every word, in any form of it; with the extra `semantic` those too, in
    any language, that mean what is asked, unless it names words to be side by side or left out.
    """
    async with service.read() as tx:
        return await commands.search(tx, q, language, category, limit)


@router.post("/suggestions", dependencies=[Depends(requires("crm:write")), COSTLY])
async def suggest_articles(service: Service, writing: Writing) -> FoundList:
    """What may answer a request that is being written, by its words and, with the extra `semantic`, by what it means.
    Nothing of it is kept.
    """
    async with service.read() as tx:
        return await commands.suggest(tx, writing.text, writing.language)


@router.get("/{article_id}", dependencies=READS, responses=answers_with(200, "ETag"))
async def read_article(
    service: Service,
    article_id: UUID,
    response: Response,
    *,
    earlier: Annotated[bool, Query(description="Also texts that newer ones replaced.")] = False,
) -> ArticleView:
    """An article in every language that it has."""
    async with service.read() as tx:
        view = await commands.read_article(tx, article_id, earlier=earlier)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.put("/{article_id}/texts/{language}", response_model=ArticleState, responses=answers_with(200, "ETag"))
async def write_text(
    article_id: UUID,
    language: Annotated[Language, Path()],
    new: NewArticleText,
    principal: Writer,
    once: Repeatable,
    if_match: IfMatch = None,
) -> Response:
    """A new version of what the article says in a language; the one before stays."""
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> ArticleState:
        return await commands.write_text(tx, article_id, language, new, agent, versions_of(if_match))

    return with_etag(await once.write(act))


@router.post(
    "/{article_id}/state",
    dependencies=[Depends(requires("crm:write"))],
    response_model=ArticleState,
    responses=answers_with(200, "ETag"),
)
async def move_article(article_id: UUID, new: NewArticleState, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Takes draft ⇄ published, and both to retired and back to draft; other moves are 409."""

    async def act(tx: Transaction) -> ArticleState:
        return await commands.move_article(tx, article_id, new.state, versions_of(if_match))

    return with_etag(await once.write(act))


@router.post(
    "/{article_id}/deflections",
    status_code=201,
    dependencies=[Depends(requires("crm:write"))],
    response_model=Deflected,
)
async def deflect_request(article_id: UUID, new: NewDeflection, once: Repeatable) -> Response:
    """Somebody who was about to ask was helped by the article; send an Idempotency-Key, so that it counts once."""

    async def act(tx: Transaction) -> Deflected:
        return Deflected(deflection_id=await commands.deflect(tx, article_id, new.party_id), article_id=article_id)

    return await once.write(act, status=201)


@suggestions.get("/{ticket_id}/suggested-reply", dependencies=[*READS, COSTLY])
async def suggest_reply(service: Service, ticket_id: UUID) -> SuggestedReply:
    """What articles have to say to the request, with the texts that it is taken from; nothing is sent by itself."""
    async with service.read() as tx:
        return await commands.suggest_reply(tx, ticket_id)

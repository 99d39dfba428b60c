"""Articles: written, found, suggested, and counted where they helped."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.support.copies import commands as copies
from services.support.knowledge import store
from services.support.knowledge.domain.article import (
    DEFAULT_LANGUAGE,
    MOVES,
    Article,
    State,
    announce_deflection,
    passages,
    reply_of,
)
from services.support.knowledge.schemas import (
    ArticleSource,
    ArticleState,
    ArticleView,
    FoundList,
    ListedArticle,
    NewArticle,
    NewArticleText,
    SuggestedReply,
)
from services.support.settings import Context
from services.support.triage import commands as triage
from services.support.triage.domain.wording import read
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.tickets import RequestDeflected
from shared.http.versions import Versions
from shared.ids import new_id

_MOST_SUGGESTED = 5


class IllegalArticleMove(Refused):
    """A draft is published, and what is retired becomes a draft first."""

    status = 409
    reason = "illegal_move"


async def add_article(tx: Transaction, new: NewArticle, agent: str) -> ArticleState:
    """A draft with its first text. Raises Invalid for a category that nothing is triaged to."""
    context: Context = tx.context
    if new.category is not None and new.category not in context.categories:
        raise Invalid("no category is called so", field="body.category")
    article = Article(new_id(), "draft", 1)
    await store.add_article(tx, article.id, new.category, tx.now)
    await store.add_text(tx, article.id, new.language, new, agent, tx.now)
    return _state_of(article)


async def write_text(
    tx: Transaction, article_id: UUID, language: str, text: NewArticleText, agent: str, versions: Versions
) -> ArticleState:
    """A new version in a language. Raises NotFound and Stale."""
    article = await _lock(tx, article_id, versions)
    await store.add_text(tx, article_id, language, text, agent, tx.now)
    return await _save(tx, article, article.state)


async def move_article(tx: Transaction, article_id: UUID, state: State, versions: Versions) -> ArticleState:
    """Raises NotFound, Stale and IllegalArticleMove."""
    article = await _lock(tx, article_id, versions)
    if state not in MOVES[article.state]:
        allowed = sorted(MOVES[article.state])
        raise IllegalArticleMove(
            f"An article that is {article.state} can become {' or '.join(allowed)}.",
            field="state",
            state={"state": article.state, "allowed": allowed},
        )
    return await _save(tx, article, state)


async def read_article(tx: Transaction, article_id: UUID, *, earlier: bool) -> ArticleView:
    found = await store.find_article(tx, article_id)
    if found is None:
        raise NotFound("no article has this id")
    return ArticleView(**found.model_dump(), texts=await store.find_texts(tx, article_id, earlier=earlier))


async def list_articles(
    tx: Transaction, before: tuple[datetime, UUID], state: State | None, language: str, limit: int
) -> list[ListedArticle]:
    return await store.list_articles(tx, before, state, language, limit)


async def search(tx: Transaction, query: str, language: str | None, category: str | None, limit: int) -> FoundList:
    spoken = language or _language_of(tx, query)
    return FoundList(language=spoken, items=await store.search(tx, query, spoken, category, limit))


async def suggest(tx: Transaction, text: str, language: str | None) -> FoundList:
    """What may answer a request that is being written."""
    spoken = language or _language_of(tx, text)
    found = await store.suggest(tx, text, spoken, None, _MOST_SUGGESTED)
    return FoundList(language=spoken, items=[each for each, _ in found])


async def suggest_reply(tx: Transaction, ticket_id: UUID) -> SuggestedReply:
    """What articles have to say to a ticket's request. Raises NotFound."""
    text = await triage.find_text(tx, ticket_id)
    if text is None:
        raise NotFound("no ticket has this id")
    known = await triage.find_triage(tx, ticket_id)
    language = (known.language if known else None) or _language_of(tx, text)
    found = await store.suggest(tx, text, language, known.category if known else None, _MOST_SUGGESTED)
    taken = passages(text, [source for _, source in found])
    sources = dict.fromkeys((source.article_id, source.language, source.version, source.title) for source, _ in taken)
    return SuggestedReply(
        text=reply_of(taken),
        sources=[
            ArticleSource(article_id=id_, language=spoken, version=version, title=title)
            for id_, spoken, version, title in sources
        ],
    )


async def deflect(tx: Transaction, article_id: UUID, party_id: UUID | None) -> UUID:
    """Somebody was helped, and did not ask. Nobody is told of whom nothing is known, or who was erased.

    Raises NotFound for an article that nobody can have read.
    """
    if party_id is not None:
        party = await copies.find_party(tx, party_id)
        party_id = party_id if party is not None and not await copies.lock_party(tx, party_id) else None
    article = await _lock(tx, article_id, None)
    if article.state == "draft":
        raise NotFound("no article of this id was published")
    deflection_id = new_id()
    await store.add_deflection(tx, deflection_id, article_id, party_id, tx.now)
    if party_id is not None:
        tx.emit([announce_deflection(deflection_id, party_id, article_id, tx.now)])
    return deflection_id


async def take_back(tx: Transaction, told: RequestDeflected) -> None:
    """After a restore, of a party that is locked: nothing where the article is lost."""
    await store.add_deflection(tx, told.deflection_id, told.article_id, told.party_id, told.recorded_at)


def _language_of(tx: Transaction, text: str) -> str:
    context: Context = tx.context
    return read(text, context.words).language or DEFAULT_LANGUAGE


async def _lock(tx: Transaction, article_id: UUID, versions: Versions) -> Article:
    article = await store.lock_article(tx, article_id)
    if article is None:
        raise NotFound("no article has this id")
    if versions is not None and article.version not in versions:
        raise Stale("the article has changed; read it again", field="If-Match", state=_state_of(article))
    return article


async def _save(tx: Transaction, article: Article, state: State) -> ArticleState:
    changed = replace(article, state=state, version=article.version + 1)
    await store.save_article(tx, changed, tx.now)
    return _state_of(changed)


def _state_of(article: Article) -> ArticleState:
    return ArticleState(id=article.id, state=article.state, version=article.version)

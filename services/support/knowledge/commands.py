"""Articles: written, found, suggested, and counted where they helped."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.support.copies import commands as copies
from services.support.knowledge import store
from services.support.knowledge.domain.article import (
    DEFAULT_LANGUAGE,
    MOVES,
    Article,
    Source,
    State,
    announce_deflection,
    paragraphs_of,
    passages,
    reply_of,
)
from services.support.knowledge.domain.nearness import NEAR, choose, excerpt_of, has_letters, is_exact, join
from services.support.knowledge.schemas import (
    ArticleSource,
    ArticleState,
    ArticleView,
    Found,
    FoundList,
    ListedArticle,
    NewArticle,
    NewArticleText,
    SuggestedReply,
)
from services.support.meanings import Near
from services.support.settings import Context
from services.support.triage import commands as triage
from services.support.triage.domain.wording import read
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.tickets import RequestDeflected
from shared.http.versions import Versions
from shared.ids import new_id

_MOST_SUGGESTED = 5
_MOST_NEAR = 200
"""So many articles that are near are looked at, of which some may not be published any more."""
_JOINED = 20
"""So many of each kind are ranked at least where articles are found by words and by what they mean."""


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
    """By their words in one language, and by what they mean in any, unless the query says which words have to be there
    or not.
    """
    spoken = language or _language_of(tx, query)
    near = [] if is_exact(query) else await _find_near(tx, query, spoken, category)
    said = await store.search(tx, query, spoken, category, max(limit, _JOINED) if near else limit)
    return FoundList(language=spoken, items=await _join(tx, said, near, limit))


async def suggest(tx: Transaction, text: str, language: str | None) -> FoundList:
    """What may answer a request that is being written."""
    spoken = language or _language_of(tx, text)
    near = await _find_near(tx, text, spoken, None)
    said = await store.suggest(tx, text, spoken, None, _JOINED if near else _MOST_SUGGESTED)
    return FoundList(language=spoken, items=await _join(tx, [each for each, _ in said], near, _MOST_SUGGESTED))


async def suggest_reply(tx: Transaction, ticket_id: UUID) -> SuggestedReply:
    """What articles have to say to a ticket's request. Raises NotFound."""
    text = await triage.find_text(tx, ticket_id)
    if text is None:
        raise NotFound("no ticket has this id")
    known = await triage.find_triage(tx, ticket_id)
    language = (known.language if known else None) or _language_of(tx, text)
    near = await _find_near(tx, text, language, None)
    category = known.category if known else None
    said = await store.suggest(tx, text, language, category, _JOINED if near else _MOST_SUGGESTED)
    found = await _join(tx, [each for each, _ in said], near, _MOST_SUGGESTED)
    shown = {each.article_id for each in found}
    meant = await store.load_texts(tx, [each for each in near if each.article_id in shown])
    texts = {source.article_id: source for _, source in said} | meant
    taken = passages(text, [texts[each.article_id] for each in found])
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


async def _find_near(tx: Transaction, text: str, language: str, category: str | None) -> list[Near]:
    """A text of each published article near to what this one means, the nearest first; none without the extra."""
    context: Context = tx.context
    if not has_letters(text):
        return []
    found = await asyncio.to_thread(context.meanings.near, text, NEAR, _MOST_NEAR)
    return choose(await store.find_standing(tx, found, category), language) if found else []


async def _join(tx: Transaction, said: Sequence[Found], near: Sequence[Near], limit: int) -> list[Found]:
    """Those that have the words, and those that are near, in one ranking."""
    if not near:
        return list(said)
    worded, meant = {each.article_id: each for each in said}, {each.article_id: each for each in near}
    ranks = join(list(worded), list(meant))
    best = list(ranks)[:limit]
    texts = await store.load_texts(tx, [meant[each] for each in best if each not in worded])
    shown = {id_: _found(source, meant[id_]) for id_, source in texts.items()} | worded
    return [shown[id_].model_copy(update={"rank": ranks[id_]}) for id_ in best]


def _found(source: Source, near: Near) -> Found:
    return Found(
        article_id=source.article_id,
        language=source.language,
        version=source.version,
        title=source.title,
        excerpt=excerpt_of(paragraphs_of(source.body), near),
        rank=0.0,
    )


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

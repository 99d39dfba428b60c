"""Articles, a typed function per statement."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.support.knowledge.domain.article import Article, Source, State, configuration_of
from services.support.knowledge.schemas import ArticleLine, ArticleText, Found, ListedArticle, NewArticleText
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_article(tx: Transaction, article_id: UUID, category: str | None, now: datetime) -> None:
    await tx.execute(SQL["add_article"], article_id, category, now)


async def lock_article(tx: Transaction, article_id: UUID) -> Article | None:
    row = await tx.fetchrow(SQL["lock_article"], article_id)
    return None if row is None else Article(**row)


async def save_article(tx: Transaction, article: Article, now: datetime) -> None:
    await tx.execute(SQL["save_article"], article.id, article.state, article.version, now)


async def add_text(
    tx: Transaction, article_id: UUID, language: str, text: NewArticleText, agent: str, now: datetime
) -> None:
    await tx.execute(SQL["retire_text"], article_id, language)
    values = (text.title, text.body, agent, now, configuration_of(language))
    await tx.execute(SQL["add_text"], article_id, language, *values)


async def find_article(tx: Transaction, article_id: UUID) -> ArticleLine | None:
    row = await tx.fetchrow(SQL["find_article"], article_id)
    return None if row is None else ArticleLine.model_validate(dict(row))


async def find_texts(tx: Transaction, article_id: UUID, *, earlier: bool) -> list[ArticleText]:
    """The newest in each language, or also the earlier ones."""
    return [ArticleText.model_validate(dict(row)) for row in await tx.fetch(SQL["find_texts"], article_id, earlier)]


async def list_articles(
    tx: Transaction, before: tuple[datetime, UUID], state: State | None, language: str, limit: int
) -> list[ListedArticle]:
    rows = await tx.fetch(SQL["list_articles"], *before, state, limit, language)
    return [ListedArticle.model_validate(dict(row)) for row in rows]


async def search(tx: Transaction, query: str, language: str, category: str | None, limit: int) -> list[Found]:
    """Those that have every word of the query."""
    configuration = configuration_of(language)
    return [_found(row) for row in await tx.fetch(SQL["search"], query, language, category, configuration, limit)]


async def suggest(
    tx: Transaction, text: str, language: str, category: str | None, limit: int
) -> list[tuple[Found, Source]]:
    """Those that have any word of the text, those of the category first."""
    rows = await tx.fetch(SQL["suggest"], text, language, category, configuration_of(language), limit)
    return [
        (_found(row), Source(row["article_id"], row["language"], row["version"], row["title"], row["body"]))
        for row in rows
    ]


async def add_deflection(
    tx: Transaction, deflection_id: UUID, article_id: UUID, party_id: UUID | None, now: datetime
) -> bool:
    """False where it is known, or the article is not; counted where it is new."""
    if await tx.fetchval(SQL["add_deflection"], deflection_id, article_id, party_id, now) is None:
        return False
    await tx.execute(SQL["count_deflection"], article_id)
    return True


def _found(row: Any) -> Found:
    return Found(
        article_id=row["article_id"],
        language=row["language"],
        version=row["version"],
        title=row["title"],
        excerpt=row["excerpt"],
        rank=row["rank"],
    )

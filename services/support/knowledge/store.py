"""Articles, a typed function per statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.support.knowledge.domain.article import Article, Source, State, configuration_of
from services.support.knowledge.domain.nearness import SHARED
from services.support.knowledge.schemas import ArticleLine, ArticleText, Found, ListedArticle, NewArticleText
from services.support.meanings import Meant, Near
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class Unread:
    """A text of which nobody read yet what it means."""

    article_id: UUID
    language: str
    version: int
    title: str
    body: str


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
    await tx.execute(SQL["forget_words"], article_id, language)
    values = (text.title, text.body, agent, now, configuration_of(language))
    await tx.execute(SQL["add_text"], article_id, language, *values)
    await tx.execute(SQL["add_words"], article_id, language)


async def add_missing_words(tx: Transaction) -> None:
    """Of texts that an older version wrote, which knows of no words."""
    await tx.execute(SQL["add_missing_words"])


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
    """Those that have enough words of the text, those of the category first."""
    rows = await tx.fetch(SQL["suggest"], text, language, category, configuration_of(language), limit, SHARED)
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


async def find_unread(tx: Transaction, made_by: str, limit: int) -> list[Unread]:
    return [Unread(**row) for row in await tx.fetch(SQL["find_unread"], made_by, limit)]


async def save_vectors(tx: Transaction, meant: Sequence[Meant], made_by: str) -> None:
    """Of those that are still the newest. Other instances wait until the commit."""
    await tx.execute(SQL["lock_vectors"])
    rows = [(each.article_id, each.language, each.version, each.parts) for each in meant]
    await tx.execute(SQL["save_vectors"], *columns(rows), made_by, tx.now)


async def forget_others(tx: Transaction, made_by: str, before: datetime) -> None:
    """What other models made of texts that this one had read before a time."""
    await tx.execute(SQL["forget_others"], made_by, before)


async def find_last_vector(tx: Transaction) -> int:
    return int(await tx.fetchval(SQL["last_vector"]))


async def load_vectors(tx: Transaction, after: int, made_by: str, limit: int) -> list[tuple[int, Meant]]:
    """By the numbers under which they changed."""
    rows = await tx.fetch(SQL["load_vectors"], after, made_by, limit)
    return [(row["number"], Meant(row["article_id"], row["language"], row["version"], row["parts"])) for row in rows]


async def find_standing(tx: Transaction, near: Sequence[Near], category: str | None) -> list[Near]:
    """Those of these that are found: the newest texts of published articles, in a category or any."""
    rows = await tx.fetch(SQL["find_standing"], *_keys(near), category)
    standing = {(row["article_id"], row["language"], row["version"]) for row in rows}
    return [each for each in near if (each.article_id, each.language, each.version) in standing]


async def load_texts(tx: Transaction, near: Sequence[Near]) -> dict[UUID, Source]:
    """What these say, by their articles."""
    parts = {each.article_id: each.parts for each in near}
    rows = await tx.fetch(SQL["load_texts"], *_keys(near))
    return {row["article_id"]: Source(**row, near=parts[row["article_id"]]) for row in rows}


def _keys(near: Sequence[Near]) -> tuple[list[UUID], list[str], list[int]]:
    return [each.article_id for each in near], [each.language for each in near], [each.version for each in near]


def _found(row: Any) -> Found:
    return Found(
        article_id=row["article_id"],
        language=row["language"],
        version=row["version"],
        title=row["title"],
        excerpt=row["excerpt"],
        rank=row["rank"],
    )

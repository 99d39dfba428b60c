"""Articles as they are written, found and suggested."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.support.knowledge.domain.article import State
from services.support.tickets.schemas import Language, Text
from shared.http.staff import StaffId

Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class NewArticleText(BaseModel):
    """What an article says in one language; paragraphs are parted by blank lines."""

    title: Annotated[Text, Field(max_length=300)]
    body: Text
    agent: StaffId | None = None


class NewArticle(NewArticleText):
    """A draft, until it is published. `category` is one of those that tickets are triaged to."""

    language: Language
    category: Category | None = None


class NewArticleState(BaseModel):
    """Only what is published is found and suggested."""

    state: State


class ArticleState(BaseModel):
    """An article after an act; `version` is the ETag to send as If-Match."""

    id: UUID
    state: State
    version: int


class ArticleText(BaseModel):
    """`version` counts those of this language."""

    language: str
    version: int
    title: str
    body: str
    agent: str
    written_at: datetime


class ArticleLine(ArticleState):
    """`deflected` is how many requests were not made since it helped."""

    category: str | None
    deflected: int
    created_at: datetime
    changed_at: datetime


class ListedArticle(ArticleLine):
    """With its title in the language that is asked for, where it has that, else in the first of its languages."""

    title: str


class ArticleView(ArticleLine):
    """With its newest text in each language, or every text there was."""

    texts: list[ArticleText]


class Found(BaseModel):
    """A published article that fits; `excerpt` are its words about it. `rank` orders the articles of one answer and
    says nothing beside those of another.
    """

    article_id: UUID
    language: str
    version: int
    title: str
    excerpt: str
    rank: float


class FoundList(BaseModel):
    """`language` is in which words were looked for; what was found by its meaning may be in another."""

    language: str
    items: list[Found]


class Writing(BaseModel):
    """A request as it stands while it is written."""

    text: Text
    language: Language | None = None


class NewDeflection(BaseModel):
    """Somebody who was about to ask was helped; `party_id` where it is known who."""

    party_id: UUID | None = None


class Deflected(BaseModel):
    deflection_id: UUID
    article_id: UUID


class ArticleSource(BaseModel):
    """The text of an article that a suggested reply is taken from."""

    article_id: UUID
    language: str
    version: int
    title: str


class SuggestedReply(BaseModel):
    """What articles have to say to a request, for an agent to read and send; null where they have nothing."""

    text: str | None
    sources: list[ArticleSource]

"""Articles that answer requests: found by words alone and by what they mean too, by the service on a real Postgres.

An article is made of each category of a set: its name, and a few of its examples, which another request has to find.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import numpy as np

from eval.database import opened
from eval.requests import STRANGE, Texts, draw_foreign
from eval.rows import Row, compare
from eval.setting import MissingError, Setting, say
from eval.triage import pairs_of, read
from services.support.knowledge import commands
from services.support.knowledge.schemas import NewArticle
from services.support.knowledge.worker import Reading
from services.support.main import create_context
from services.support.meanings import Meanings, Meant
from services.support.semantic import SIZE, packed
from services.support.settings import Context, SupportSettings
from services.support.text_features import Floats
from shared.engine.postgres import PostgresLedger, PostgresTransaction
from shared.errors import ConfigurationError

_ASKED = 500
_HELD_OUT = 0.25
_PARAGRAPHS, _A_PARAGRAPH = 3, 3
_WORDS = "words alone"
_MANY, _PARTS, _TIMES = 10_000, 8, 40
_POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class _Set:
    """`articles` are categories with the texts that their articles are made of; `asked` are requests and the category
    of each, which is STRANGE where no article answers.
    """

    name: str
    articles: dict[str, list[str]]
    asked: Texts


@dataclass
class _Desk:
    """Support's articles over its database; nobody hears what it says."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    context: Context

    def __post_init__(self) -> None:
        self.transaction = PostgresLedger(self.pool, _now, _relay, self.context).transaction

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresTransaction]:
        async with self.pool.acquire() as connection:
            yield PostgresTransaction(connection, None, _now(), self.context)


def measure(setting: Setting) -> list[Row]:
    """Every pair `NAME_train.csv` and `NAME_test.csv`, of which a seeded quarter of the categories has no article, and
    drawn requests in Danish about articles in English. Raises MissingError where the extra is not installed.
    """
    try:
        context = create_context(SupportSettings(semantic=True))
    except ConfigurationError as error:
        raise MissingError(str(error)) from None
    sets = [_of_pair(train, test, setting) for train, test in pairs_of(setting)]
    sets.append(_drawn(setting.seed))
    return [*asyncio.run(_measure_all(sets, context)), *_measure_many(setting.seed)]


def _of_pair(train: Path, test: Path, setting: Setting) -> _Set:
    dice = Random(setting.seed)
    examples: dict[str, list[str]] = {}
    for text, category in read(train, setting):
        examples.setdefault(category, []).append(text)
    examples.pop(STRANGE, None)
    held = set(dice.sample(sorted(examples), round(len(examples) * _HELD_OUT)))
    articles = {
        category: dice.sample(texts, min(len(texts), _PARAGRAPHS * _A_PARAGRAPH))
        for category, texts in sorted(examples.items())
        if category not in held
    }
    asked = [(text, category if category in articles else STRANGE) for text, category in read(test, setting)]
    some = asked if setting.full or len(asked) <= _ASKED else dice.sample(asked, _ASKED)
    return _Set(train.stem.removesuffix("_train"), articles, some)


def _drawn(seed: int) -> _Set:
    train, asked = draw_foreign(seed)
    articles: dict[str, list[str]] = {}
    for text, category in train:
        articles.setdefault(category, []).append(text)
    return _Set("drawn, asked in Danish about English", articles, asked)


async def _measure_all(sets: Sequence[_Set], context: Context) -> list[Row]:
    rows: list[Row] = []
    for each in sets:
        context.meanings.forget()
        async with opened("support") as pool:
            rows += await _measure(each, pool, context)
    return rows


async def _measure(of: _Set, pool: "asyncpg.Pool[asyncpg.Record]", context: Context) -> list[Row]:
    say(f"  {of.name}: {len(of.articles)} articles, {len(of.asked)} requests")
    alone = _Desk(pool, replace(context, meanings=Meanings()))
    articles = {category: await _publish(alone, category, texts) for category, texts in of.articles.items()}
    joined, reading = _Desk(pool, context), Reading(context.meanings, _POLL_S)
    began = time.perf_counter()
    while await reading.read(joined):
        pass
    spent = time.perf_counter() - began
    await reading.load(joined)
    words, both = await _figures(alone, of, articles), await _figures(joined, of, articles)
    return compare(
        "articles",
        of.name,
        ("Rapport, semantic", both | {"parts read a second": context.meanings.size / spent}),
        {_WORDS: words},
    )


async def _publish(desk: _Desk, category: str, texts: Sequence[str]) -> UUID:
    body = "\n\n".join("\n".join(texts[begin : begin + _A_PARAGRAPH]) for begin in range(0, len(texts), _A_PARAGRAPH))
    new = NewArticle(title=category.replace("_", " "), body=body, language="en")
    async with desk.transaction() as tx:
        made = await commands.add_article(tx, new, "staff-1")
        await commands.move_article(tx, made.id, "published", None)
    return made.id


async def _figures(desk: _Desk, of: _Set, articles: dict[str, UUID]) -> dict[str, float]:
    """Of requests that an article answers, how many find it first, and among the five; of others, how many nothing. The
    service says in which language a request is.
    """
    first, five, known, silent, strange = 0, 0, 0, 0, 0
    began = time.perf_counter()
    for text, category in of.asked:
        async with desk.read() as tx:
            found = [each.article_id for each in (await commands.suggest(tx, text, None)).items]
        if category == STRANGE:
            strange, silent = strange + 1, silent + (not found)
        else:
            known += 1
            first += found[:1] == [articles[category]]
            five += articles[category] in found
    shares = {"first": (first, known), "among five": (five, known), "nothing for strange ones": (silent, strange)}
    return {name: part / whole for name, (part, whole) in shares.items() if whole} | {
        "requests/s": len(of.asked) / (time.perf_counter() - began)
    }


def _measure_many(seed: int) -> list[Row]:
    """What scoring costs beside many articles, whatever they say."""
    dice = np.random.default_rng(seed)
    made = _unit(dice.normal(size=(_MANY * _PARTS, SIZE)).astype(np.float32))
    asked = _unit(dice.normal(size=(1, SIZE)).astype(np.float32))
    meanings = Meanings(lambda _: asked)
    parts = packed(made)
    texts = [
        Meant(UUID(int=place), "en", 1, b"".join(parts[place * _PARTS : (place + 1) * _PARTS]))
        for place in range(_MANY)
    ]
    learnt = _seconds(lambda: meanings.learn(texts))
    spent = sorted(_seconds(lambda: meanings.near("", 0.1, 200)) for _ in range(_TIMES))
    figures = {"ms a question, p50": spent[_TIMES // 2] * 1_000, "ms a question, worst": spent[-1] * 1_000}
    figures |= {"s to learn all": learnt}
    return compare("articles", f"{_MANY:,} articles of {_PARTS} parts", ("Rapport, semantic", figures), {})


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _now() -> datetime:
    return datetime.now(UTC)


async def _relay() -> None:
    """Nobody hears what is emitted."""

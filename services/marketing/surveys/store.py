"""Answers and their sums, a typed function per statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal
from uuid import UUID

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.surveys import schemas
from services.marketing.surveys.domain.counting import Answer, Sum, SumKey, score_of
from services.marketing.surveys.domain.link import Reply
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
Parts = Literal["product", "channel", "day", "month"]


async def add_reply(tx: Transaction, reply: Reply) -> bool:
    """False where the survey was answered about this by a link before."""
    r = reply
    row = (r.survey, r.subject, r.event_id, r.party_id, r.message_id, r.value, r.replied_at, r.campaign)
    return await tx.fetchval(SQL["add_reply"], *row) is not None


async def is_answered(tx: Transaction, party: UUID, survey: Survey, subject: str) -> bool:
    answered: bool = await tx.fetchval(SQL["is_answered"], party, survey, subject)
    return answered


async def add_answers(tx: Transaction, answers: Sequence[Answer]) -> set[UUID]:
    """Those that are the first of their party about their subject."""
    rows = [(a.event_id, a.survey, a.party_id, a.subject, a.sale_id, a.value, a.answered_at) for a in answers]
    return {row["event_id"] for row in await tx.fetch(SQL["add_answers"], *columns(rows))} if rows else set()


async def lock_uncounted(tx: Transaction, ids: Collection[UUID]) -> list[Answer]:
    return [Answer(**row) for row in await tx.fetch(SQL["lock_uncounted"], sorted(ids))]


async def add_to_sums(tx: Transaction, counted: Collection[UUID], sums: Mapping[SumKey, Sum]) -> None:
    """Each of the answers is in the sums from now on."""
    rows = [(*key, each.answers, each.total, each.high, each.low) for key, each in sums.items()]
    if rows:
        await tx.execute(SQL["mark_counted"], sorted(counted))
        await tx.execute(SQL["add_to_sums"], *columns(rows))


async def load_results(
    tx: Transaction,
    by: Parts | None,
    survey: Survey | None,
    sku: str | None,
    channel: str | None,
    days: tuple[date | None, date | None],
    after: tuple[str, str] | None,
    limit: int,
) -> list[schemas.Result]:
    rows = await tx.fetch(SQL["load_results"], by, survey, sku, channel, *days, *(after or (None, None)), limit)
    found = []
    for row in rows:
        sums = Sum(row["answers"], row["total"], row["high"], row["low"])
        found.append(
            schemas.Result(
                survey=row["survey"],
                part=row["part"],
                answers=sums.answers,
                mean=round(sums.total / sums.answers, 2),
                high=sums.high,
                low=sums.low,
                score=score_of(row["survey"], sums),
            )
        )
    return found

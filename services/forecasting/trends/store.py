"""The table of trends, a typed function per statement."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.forecasting.evidence import read_evidence, shown_evidence, write_evidence
from services.forecasting.trends.domain import MODEL, Trend, group_of
from services.forecasting.trends.schemas import TrendView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_trends(tx: Transaction, trends: Sequence[Trend], now: datetime, model: str = MODEL) -> set[UUID]:
    """The ids of those that are new."""
    rows = sorted(
        (
            (
                one.trend_id,
                one.kind,
                one.series,
                one.sku,
                one.since,
                one.change,
                one.chance,
                one.as_of,
                write_evidence(one.evidence),
            )
            for one in trends
        ),
        key=lambda row: row[0],
    )
    found = await tx.fetch(SQL["add_trends"], *columns(rows), model, now) if rows else []
    return {row["trend_id"] for row in found}


async def clear_trends(tx: Transaction, cleared: Sequence[tuple[UUID, str]], now: datetime) -> set[UUID]:
    """The ids of those that were open; each comes with why it ended."""
    found = await tx.fetch(SQL["clear_trends"], *columns(sorted(cleared)), now) if cleared else []
    return {row["trend_id"] for row in found}


async def load_open(tx: Transaction) -> list[Trend]:
    """They may be thousands, so they are read beside the loop."""
    return await to_thread(_trends, await tx.fetch(SQL["load_open"]))


async def load_lately(tx: Transaction, since: date) -> dict[tuple[str, str], Trend]:
    """Of each series and group the one that began last, from the day on."""
    found = await to_thread(_trends, await tx.fetch(SQL["load_lately"], since))
    return {(one.series, group_of(one.kind)): one for one in found}


async def list_trends(
    tx: Transaction, state: str, kind: str | None, series: str | None, after: tuple[date, UUID], limit: int
) -> list[TrendView]:
    """The newest first, after the position (as_of, id)."""
    rows = await tx.fetch(SQL["list_trends"], state, limit, *after, kind, series)
    return [TrendView.model_validate({**row, "evidence": shown_evidence(row["evidence"])}) for row in rows]


def _trends(rows: Sequence[Mapping[str, Any]]) -> list[Trend]:
    return [Trend(**{**row, "evidence": read_evidence(row["evidence"])}) for row in rows]

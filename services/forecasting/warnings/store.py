"""The table of warnings, a typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.forecasting.evidence import read_evidence, shown_evidence, write_evidence
from services.forecasting.warnings.domain.warning import Warned
from services.forecasting.warnings.schemas import WarningView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_warnings(tx: Transaction, warnings: Sequence[Warned]) -> set[UUID]:
    """The ids of those that are new."""
    rows = sorted(
        (
            (
                one.warning_id,
                one.kind,
                one.about,
                one.party_id,
                one.sku,
                one.severity,
                one.as_of,
                one.until,
                one.model,
                write_evidence(one.evidence),
            )
            for one in warnings
        ),
        key=lambda row: row[0],
    )
    found = await tx.fetch(SQL["save_warnings"], *columns(rows), tx.now) if rows else []
    return {row["warning_id"] for row in found}


async def clear_warnings(tx: Transaction, cleared: Sequence[tuple[UUID, str, int | None]], now: datetime) -> set[UUID]:
    """The ids of those that were open; each comes with why it ended, and its lead."""
    found = await tx.fetch(SQL["clear_warnings"], *columns(sorted(cleared)), now) if cleared else []
    return {row["warning_id"] for row in found}


async def load_open(tx: Transaction, kinds: Sequence[str], after: UUID, limit: int) -> list[Warned]:
    """By id, after the position."""
    return [_warned(row) for row in await tx.fetch(SQL["load_open"], kinds, after, limit)]


async def list_warnings(
    tx: Transaction, state: str, kind: str | None, after: tuple[float, UUID], limit: int
) -> list[WarningView]:
    """Worst first, after the position (severity, id)."""
    asked: tuple[object, ...] = (state, *after, limit)
    if kind is None:
        rows = await tx.fetch(SQL["list_warnings"], *asked)
    else:
        rows = await tx.fetch(SQL["list_warnings_of_kind"], *asked, kind)
    return [WarningView.model_validate({**row, "evidence": shown_evidence(row["evidence"])}) for row in rows]


def _warned(row: Mapping[str, Any]) -> Warned:
    return Warned(**{**row, "evidence": read_evidence(row["evidence"])})

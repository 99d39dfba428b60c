"""The table of reorder points, a typed function per statement."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.forecasting.evidence import shown_evidence
from services.forecasting.reorders.domain import ReorderAdvice, ToldReorder
from services.forecasting.reorders.schemas import ReorderView
from services.forecasting.standing import rows_of, told_of
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_ADVICE = (
    *("reorder_point", "quantity", "stock", "days", "service_level"),
    *("demand", "demand_low", "demand_high", "stock_out_risk", "none_because"),
)


async def load_told(tx: Transaction) -> dict[str, ToldReorder]:
    """Of every product; they may be thousands, so they are read beside the loop."""
    return await to_thread(_told, await tx.fetch(SQL["load_told"]))


def _told(rows: Sequence[Mapping[str, Any]]) -> dict[str, ToldReorder]:
    return {row["sku"]: told_of(row, ReorderAdvice, _ADVICE) for row in rows}


async def save_told(tx: Transaction, told: Sequence[ToldReorder], now: datetime) -> None:
    """An older cut never takes the place of a newer one."""
    if told:
        await tx.execute(SQL["save_told"], *columns(rows_of(told, _ADVICE)), now)


async def forget_untold(tx: Transaction, skus: Sequence[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_untold"], skus)


async def list_reorders(
    tx: Transaction, after: tuple[float, str], limit: int, sku: str | None, *, due: bool | None
) -> list[ReorderView]:
    """What may run out soonest first, after the position (risk, SKU)."""
    rows = await tx.fetch(SQL["list_reorders"], *after, limit, sku, due)
    return [ReorderView.model_validate({**row, "evidence": shown_evidence(row["contributions"])}) for row in rows]

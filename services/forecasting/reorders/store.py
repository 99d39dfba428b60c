"""The table of reorder points, a typed function per statement."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

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


async def find_standing(tx: Transaction) -> Sequence[str]:
    """The SKUs of which something stands."""
    found: Sequence[str] = await tx.fetchval(SQL["find_standing"])
    return found


async def load_told(tx: Transaction, skus: Sequence[str]) -> dict[str, ToldReorder]:
    """Of these products, by SKU."""
    return {row["sku"]: told_of(row, ReorderAdvice, _ADVICE) for row in await tx.fetch(SQL["load_told"], skus)}


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

"""The table of prices, a typed function per statement."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.forecasting.evidence import shown_evidence
from services.forecasting.prices.domain import PriceAdvice, ToldPrice
from services.forecasting.prices.schemas import PriceView
from services.forecasting.standing import rows_of, told_of
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_AMOUNTS = ("currency", "price", "suggested", "floor")
_FIGURES = ("elasticity", "elasticity_low", "elasticity_high", "gain", "gain_low", "gain_high")
_ADVICE = (*_AMOUNTS, *_FIGURES, "none_because")


async def load_told(tx: Transaction) -> dict[str, ToldPrice]:
    """Of every product; they may be thousands, so they are read beside the loop."""
    return await to_thread(_told, await tx.fetch(SQL["load_told"]))


def _told(rows: Sequence[Mapping[str, Any]]) -> dict[str, ToldPrice]:
    return {row["sku"]: told_of(row, PriceAdvice, _ADVICE) for row in rows}


async def save_told(tx: Transaction, told: Sequence[ToldPrice], now: datetime) -> None:
    """An older cut never takes the place of a newer one."""
    if told:
        await tx.execute(SQL["save_told"], *columns(rows_of(told, _ADVICE)), now)


async def forget_untold(tx: Transaction, skus: Sequence[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_untold"], skus)


async def list_prices(
    tx: Transaction, after: tuple[float, str], limit: int, sku: str | None, *, advised: bool | None
) -> list[PriceView]:
    """What gains most first, after the position (gain, SKU)."""
    rows = await tx.fetch(SQL["list_prices"], *after, limit, sku, advised)
    return [PriceView.model_validate({**row, "evidence": shown_evidence(row["contributions"])}) for row in rows]

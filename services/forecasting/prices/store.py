"""The table of prices, a typed function per statement."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

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


async def find_standing(tx: Transaction) -> Sequence[str]:
    """The SKUs of which something stands."""
    found: Sequence[str] = await tx.fetchval(SQL["find_standing"])
    return found


async def load_told(tx: Transaction, skus: Sequence[str]) -> dict[str, ToldPrice]:
    """Of these products, by SKU."""
    return {row["sku"]: told_of(row, PriceAdvice, _ADVICE) for row in await tx.fetch(SQL["load_told"], skus)}


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

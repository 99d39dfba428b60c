"""The table of fitted models, a typed function per statement."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.forecasting.models.schemas import ModelView
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_PARAMETERS = TypeAdapter(dict[str, float])


async def save_model(
    tx: Transaction, name: str, cut: date, parameters: Mapping[str, float], quality: Mapping[str, object]
) -> None:
    values = (to_json(dict(each)).decode() for each in (parameters, quality))
    await tx.execute(SQL["save_model"], name, cut, *values, tx.now)


async def find_newest_model(tx: Transaction, name: str) -> tuple[dict[str, float], date] | None:
    row = await tx.fetchrow(SQL["find_newest_model"], name)
    return (_PARAMETERS.validate_json(row["parameters"]), row["cut"]) if row else None


async def list_models(tx: Transaction, name: str | None, after: tuple[date, str], limit: int) -> list[ModelView]:
    """Newest first, after the position (cut, name)."""
    return [
        ModelView(
            name=row["name"],
            version=f"{row['name']}/{row['cut'].isoformat()}",
            cut=row["cut"],
            parameters=from_json(row["parameters"]),
            quality=from_json(row["quality"]),
            recorded_at=row["recorded_at"],
        )
        for row in await tx.fetch(SQL["list_models"], name, *after, limit)
    ]

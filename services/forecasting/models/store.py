"""The tables of fitted models, of what is used of them and how well they did. A typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.forecasting.models.domain import Promotion, version_of
from services.forecasting.models.schemas import MeasuredView, ModelView
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_PARAMETERS = TypeAdapter(dict[str, float])


async def save_model(
    tx: Transaction, name: str, cut: date, parameters: Mapping[str, float], quality: Mapping[str, object]
) -> None:
    values = (to_json(dict(each)).decode() for each in (parameters, quality))
    await tx.execute(SQL["save_model"], name, cut, *values, tx.now)


async def find_models_in_force(tx: Transaction, names: Sequence[str]) -> dict[str, tuple[dict[str, float], date]]:
    """By name, of those of which there is any."""
    rows = await tx.fetch(SQL["find_models_in_force"], names)
    return {row["name"]: (_PARAMETERS.validate_json(row["parameters"]), row["cut"]) for row in rows}


async def find_newest_cut(tx: Transaction, name: str) -> date | None:
    found: date | None = await tx.fetchval(SQL["find_newest_cut"], name)
    return found


async def knows_model(tx: Transaction, name: str, cut: date) -> bool:
    return bool(await tx.fetchval(SQL["knows_model"], name, cut))


async def load_judged(tx: Transaction, name: str, until: date) -> list[tuple[dict[str, float], date, bool]]:
    """Parameters, cut, and whether it is the one in force; newest first."""
    rows = await tx.fetch(SQL["load_judged"], name, until)
    return [(_PARAMETERS.validate_json(row["parameters"]), row["cut"], row["in_force"]) for row in rows]


async def add_measured(
    tx: Transaction, name: str, until: date, found: Sequence[tuple[date, bool, Mapping[str, object]]]
) -> None:
    rows = [(cut, in_force, to_json(dict(quality)).decode()) for cut, in_force, quality in found]
    if rows:
        await tx.execute(SQL["add_measured"], name, until, *columns(rows), tx.now)


async def list_measured(tx: Transaction, name: str, after: tuple[date, date], limit: int) -> list[MeasuredView]:
    """Newest first, after the position (until, cut)."""
    return [
        MeasuredView(version=version_of(row["name"], row["cut"]), **{**row, "quality": from_json(row["quality"])})
        for row in await tx.fetch(SQL["list_measured"], name, *after, limit)
    ]


async def lock_promotion(tx: Transaction, name: str) -> Promotion | None:
    row = await tx.fetchrow(SQL["lock_promotion"], name)
    return Promotion(**row) if row else None


async def save_promotion(tx: Transaction, one: Promotion) -> None:
    """Nothing where a later one stands."""
    await tx.execute(SQL["save_promotion"], one.name, one.cut, one.promoted_by, one.promoted_at, one.version)


async def list_models(tx: Transaction, name: str | None, after: tuple[date, str], limit: int) -> list[ModelView]:
    """Newest first, after the position (cut, name)."""
    return [
        ModelView(
            version=version_of(row["name"], row["cut"]),
            **{**row, "parameters": from_json(row["parameters"]), "quality": from_json(row["quality"])},
        )
        for row in await tx.fetch(SQL["list_models"], name, *after, limit)
    ]

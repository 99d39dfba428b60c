"""A typed function for each statement. Rows go in sorted by key, and tables always in the same order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.forecasting.domain.activity import MessageKey, TicketKey
from services.forecasting.domain.lifetime import History, Lifetime
from services.forecasting.domain.outlook import Outlook
from services.forecasting.domain.sales import ChannelKey, Group, PurchaseKey, Refund, Sale
from services.forecasting.domain.score import Published, Score
from services.forecasting.domain.series import DepartmentWeek
from shared.engine.transaction import Transaction
from shared.events.insights import ForecastPublished
from shared.events.products import ProductDescribed
from shared.sql import load_queries


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Within [begin, until); what is None does not matter."""

    by: str
    begin: date
    until: date
    sku: str | None
    category: str | None
    channel: str | None
    currency: str | None


SQL = load_queries(Path(__file__).with_name("queries.sql"))
_FORECAST = TypeAdapter(ForecastPublished)


async def add_sold(tx: Transaction, sold: Mapping[Group, Mapping[str, Sequence[int]]]) -> None:
    """Units and revenue by group and SKU."""
    groups = sorted(sold)
    rows = [(at, sku, *sums) for at, group in enumerate(groups, 1) for sku, sums in sorted(sold[group].items())]
    if rows:
        await tx.execute(SQL["add_sold"], *_columns(groups), *_columns(rows))


async def add_channels(tx: Transaction, rows: Mapping[ChannelKey, Sequence[int]]) -> None:
    await _add(tx, "add_channels", rows)


async def add_purchases(tx: Transaction, rows: Mapping[PurchaseKey, Sequence[int]]) -> None:
    await _add(tx, "add_purchases", rows)


async def add_messages(tx: Transaction, counts: Mapping[MessageKey, int]) -> None:
    await _add(tx, "add_messages", {key: (count,) for key, count in counts.items()})


async def add_tickets(tx: Transaction, counts: Mapping[TicketKey, int]) -> None:
    await _add(tx, "add_tickets", {key: (count,) for key, count in counts.items()})


async def keep_sales(tx: Transaction, sales: Sequence[Sale]) -> None:
    """Each (origin, sale_id) once for ever: contacts publishes it once; a second one is an error of the database."""
    rows = ((sale.origin, sale.sale_id, sale.channel, to_json(sale.lines).decode()) for sale in sales)
    await tx.copy("sale", ("origin", "sale_id", "channel", "lines"), rows)


async def keep_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    if refunds:
        columns = ("event_id", "origin", "sale_id", "day", "currency", "amount", "skus", "quantities")
        await tx.copy("refund", columns, ([getattr(refund, name) for name in columns] for refund in refunds))


async def save_products(tx: Transaction, products: Sequence[ProductDescribed]) -> None:
    if products:
        rows = [(product.sku, product.name, to_json(product.category).decode()) for product in products]
        await tx.execute(SQL["save_products"], *_columns(rows))


async def forget_products(tx: Transaction, skus: Sequence[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_products"], skus)


async def look_at(tx: Transaction, schema: str) -> None:
    """From here on, tables are looked for in `schema` first, until the connection goes back to its pool."""
    await tx.fetchval(SQL["look_at"], schema)


async def first_day(tx: Transaction) -> date | None:
    """The day of the earliest sale."""
    found: date | None = await tx.fetchval(SQL["first_day"])
    return found


async def count_sales(tx: Transaction, cut: date) -> int:
    """Sales that happened before the cut, as far as they are known."""
    return int(await tx.fetchval(SQL["count_sales"], cut))


async def load_department_weeks(
    tx: Transaction, begin: date, cut: date, unnamed: str
) -> dict[DepartmentWeek, dict[date, int]]:
    """Revenue by week of each department and currency; weeks without sales are left out."""
    weeks: dict[DepartmentWeek, dict[date, int]] = {}
    for row in await tx.fetch(SQL["load_department_weeks"], begin, cut, unnamed):
        weeks.setdefault(DepartmentWeek(row["department"], row["currency"]), {})[row["week"]] = row["revenue"]
    return weeks


async def load_outlooks(tx: Transaction, series: Sequence[str], begin: date, cut: date) -> dict[str, list[Outlook]]:
    """Those made from origins within [begin, cut), oldest first."""
    found: dict[str, list[Outlook]] = {}
    for row in await tx.fetch(SQL["load_outlooks"], series, begin, cut):
        outlook = Outlook(
            row["origin"],
            row["model"],
            row["scale"],
            tuple(row["centre"]),
            tuple(row["spread"]),
            row["last"],
            row["step"],
        )
        found.setdefault(row["series"], []).append(outlook)
    return found


async def latest_forecasts(tx: Transaction, series: Sequence[str]) -> dict[str, UUID]:
    """The forecast in force of each series."""
    rows = await tx.fetch(SQL["latest_forecasts"], series)
    return {row["series"]: row["forecast_id"] for row in rows}


async def last_job(tx: Transaction) -> tuple[date, bool] | None:
    """The newest cut whose forecasts stand, and whether its scores do."""
    row = await tx.fetchrow(SQL["last_job"])
    return (row["cut"], row["scored"]) if row else None


async def open_job(tx: Transaction, cut: date) -> bool:
    """False where another instance has the cut; waits while that one is about to commit."""
    return await tx.fetchval(SQL["open_job"], cut, tx.now) is not None


async def save_series(tx: Transaction, series: Iterable[tuple[DepartmentWeek, date]]) -> None:
    """Each with its first whole week."""
    rows = sorted((one.id, one.department, one.currency, one.unit, first) for one, first in series)
    await tx.execute(SQL["save_series"], *_columns(rows))


async def save_outlooks(tx: Transaction, made: Mapping[str, Sequence[Outlook]]) -> None:
    rows = [
        (name, o.origin, o.model, o.scale, to_json(o.centre).decode(), to_json(o.spread).decode(), o.last, o.step)
        for name, outlooks in sorted(made.items())
        for o in outlooks
    ]
    if rows:
        await tx.execute(SQL["save_outlooks"], *_columns(rows))


async def save_forecasts(tx: Transaction, cut: date, forecasts: Sequence[ForecastPublished]) -> None:
    rows = [(one, _FORECAST.dump_python(one, mode="json")) for one in forecasts]
    columns = _columns(
        (
            one.forecast_id,
            one.series,
            cut,
            one.model,
            one.unit,
            _json(plain["points"]),
            _json(plain["backtest"]),
            one.supersedes,
        )
        for one, plain in rows
    )
    await tx.execute(SQL["save_forecasts"], *columns, tx.now)


async def load_histories(tx: Transaction, cut: date, earlier: date, most: int) -> list[tuple[History, History | None]]:
    """Histories at the cut and, where there was a purchase by then, at the earlier day."""
    rows = await tx.fetch(SQL["load_histories"], cut, earlier, most)
    return [
        (
            History(row["first"], row["last"], row["days"]),
            History(row["first"], row["last_before"], row["days_before"]) if row["days_before"] else None,
        )
        for row in rows
    ]


async def save_model(
    tx: Transaction, name: str, cut: date, parameters: Mapping[str, float], quality: Mapping[str, object]
) -> None:
    await tx.execute(SQL["save_model"], name, cut, _json(dict(parameters)), _json(dict(quality)), tx.now)


async def latest_lifetime(tx: Transaction, name: str) -> tuple[Lifetime, date] | None:
    """The model in force and the cut that it was trained to."""
    row = await tx.fetchrow(SQL["latest_model"], name)
    return (Lifetime(**from_json(row["parameters"])), row["cut"]) if row else None


async def load_page(tx: Transaction, after: UUID, cut: date, size: int) -> list[tuple[UUID, History | None]]:
    """The next parties by id, each with its purchase days before the cut, None without any."""
    rows = await tx.fetch(SQL["load_page"], after, cut, size)
    return [(row["party_id"], History(row["first"], row["last"], row["days"]) if row["days"] else None) for row in rows]


async def load_history(tx: Transaction, party_id: UUID, until: date) -> History | None:
    """Purchase days up to and with `until`."""
    row = await tx.fetchrow(SQL["load_history"], party_id, until)
    return History(row["first"], row["last"], row["days"]) if row else None


async def load_published(tx: Transaction, parties: Sequence[UUID]) -> dict[tuple[UUID, str], Published]:
    """Scores as last published, by party and score; locked."""
    rows = await tx.fetch(SQL["load_scores"], parties)
    return {(row["party_id"], row["score"]): Published(row["value"], row["band"], row["as_of"]) for row in rows}


async def save_scores(tx: Transaction, scores: Sequence[Score], as_of: date) -> None:
    rows = sorted((score.party_id, score.name, score.value, score.band, as_of) for score in scores)
    if rows:
        await tx.execute(SQL["save_scores"], *_columns(rows))


async def lock_job(tx: Transaction, cut: date) -> tuple[UUID | None, bool] | None:
    """The last party scored and whether all are; None where there is no such job."""
    row = await tx.fetchrow(SQL["lock_job"], cut)
    return (row["after"], row["scored"]) if row else None


async def advance_job(tx: Transaction, cut: date, after: UUID | None, *, scored: bool) -> None:
    await tx.execute(SQL["advance_job"], cut, after, scored)


async def list_series(tx: Transaction, after: str, limit: int) -> Sequence[Any]:
    return await tx.fetch(SQL["list_series"], after, limit)


async def find_series(tx: Transaction, ids: Sequence[str]) -> Sequence[Any]:
    return await tx.fetch(SQL["find_series"], ids)


async def list_forecasts(
    tx: Transaction, series: str | None, limit: int, *, every: bool, after: tuple[str, date]
) -> Sequence[Any]:
    """By series, newest first, after the position (series, cut)."""
    return await tx.fetch(SQL["list_forecasts"], series, limit, every, *after)


async def list_models(tx: Transaction, name: str | None, after: tuple[date, str], limit: int) -> Sequence[Any]:
    """Newest first, after the position (cut, name)."""
    return await tx.fetch(SQL["list_models"], name, *after, limit)


async def sum_sales(tx: Transaction, chosen: SalesFilter, after: tuple[str, str], limit: int) -> Sequence[Any]:
    """By key and currency, after that position."""
    return await tx.fetch(
        SQL["sum_sales"],
        *(chosen.by, chosen.begin, chosen.until, chosen.sku, chosen.category, chosen.channel, chosen.currency),
        *after,
        limit,
    )


async def sum_baskets(tx: Transaction, chosen: SalesFilter) -> dict[tuple[str, str], tuple[int, int]]:
    """Number and total of whole sales by key and currency."""
    rows = await tx.fetch(SQL["sum_baskets"], chosen.by, chosen.begin, chosen.until, chosen.channel)
    return {(row["key"], row["currency"]): (row["sales"], row["total"]) for row in rows}


async def list_messages(
    tx: Transaction, begin: date, until: date, after: tuple[date, str, str], limit: int
) -> Sequence[Any]:
    return await tx.fetch(SQL["list_messages"], begin, until, *after, limit)


async def list_tickets(tx: Transaction, begin: date, until: date, after: tuple[date, str], limit: int) -> Sequence[Any]:
    return await tx.fetch(SQL["list_tickets"], begin, until, *after, limit)


async def _add(tx: Transaction, statement: str, rows: Mapping[Any, Sequence[int]]) -> None:
    if rows:
        await tx.execute(SQL[statement], *_columns((*key, *values) for key, values in sorted(rows.items())))


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    """Rows as the columns that `unnest` takes; at least one row."""
    return list(map(list, zip(*rows, strict=True)))


def _json(value: object) -> str | None:
    return None if value is None else to_json(value).decode()

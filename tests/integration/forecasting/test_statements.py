from collections.abc import Iterator
from datetime import date
from typing import Any

import asyncpg
import pytest
from pydantic_core import from_json

from deploy.embedded.databases import Databases
from tests.integration.forecasting.running import Forecasting
from tests.integration.running import plan_without_seqscan, statements_of

SQL = statements_of("forecasting")


@pytest.mark.parametrize("name", sorted(SQL))
async def test_every_statement_is_understood_by_the_database(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "sales_v1, public"})
    try:
        await connection.prepare(SQL[name])
    finally:
        await connection.close()


HOT = {
    "cross_sell.load_known": ("refund_by_sale", "'{00000000-0000-0000-0000-000000000001}', '2026-03-02'"),
    "cross_sell.load_best": ("goes_with_pkey", "'{A}', '{B}', 10"),
    "warnings.list_warnings": ("warning_by_state", "'open', 2, '00000000-0000-0000-0000-000000000000', 51"),
    "warnings.list_warnings_of_kind": (
        "warning_by_kind",
        "'open', 2, '00000000-0000-0000-0000-000000000000', 51, 'churn'",
    ),
    "scores.find_purchases": (
        "purchase_day_pkey",
        "'{00000000-0000-0000-0000-000000000001}', '{00000000-0000-0000-0000-000000000001}', '{2026-03-02}'",
    ),
    "scores.load_rhythms": ("purchase_day_pkey", "'{00000000-0000-0000-0000-000000000001}', '2026-03-02'"),
    "activity.load_usage": ("choice_day_pkey", "'{00000000-0000-0000-0000-000000000001}', '2026-03-02'"),
    "activity.find_usage": ("dispute_open", "'{00000000-0000-0000-0000-000000000001}', '2026-03-02'"),
    "activity.load_disputes": ("dispute_open", "3"),
    "scores.load_page": ("purchase_day_pkey", "'00000000-0000-0000-0000-000000000000', '2026-03-02', 1000"),
    "scores.load_purchases": ("purchase_day_pkey", "'{00000000-0000-0000-0000-000000000001}', '2026-03-02'"),
    "scores.load_scores": ("score_pkey", "'{00000000-0000-0000-0000-000000000001}'"),
    "forecasts.find_newest_forecasts": ("forecast_series_cut_key", "'{s}', '2026-03-02'"),
    "forecasts.find_told": ("forecast_series_cut_key", "'{s}', '2026-03-02'"),
    "forecasts.measure_forecasts": ("forecast_series_cut_key", "'{s}', '2026-03-02'"),
    "forecasts.load_origins": ("outlook_pkey", "'{s}', '2026-01-01', '2026-03-02'"),
    "forecasts.load_outlooks": ("outlook_pkey", "'{s}', '2026-01-01', '2026-03-02'"),
    "fraud.load_signals": ("fraud_fact_by_device", "'{00000000-0000-0000-0000-000000000001}'"),
    "fraud.list_open": ("fraud_open", "null, null, 101, '00000000-0000-0000-0000-000000000000', 51"),
    "fraud.judge_fact": ("fraud_fact_pkey", "'00000000-0000-0000-0000-000000000001', 'fraud'"),
    "copies.find_family": ("party_alias_into", "'00000000-0000-0000-0000-000000000001'"),
    "indicators.list_indicators": ("indicator_pkey", "'', 51"),
    "indicators.is_known": ("indicator_pkey", "'cpi'"),
    "indicators.list_points": ("indicator_pkey", "'cpi', '2026-01-01', '2026-03-02', null, 51"),
    "trends.list_trends": (
        "trend_by_state",
        "'open', 51, '2026-03-02', '00000000-0000-0000-0000-000000000000', null, null",
    ),
    "prices.list_prices": ("price_by_gain", "1e300, '', 51, null, null"),
    "reorders.list_reorders": ("reorder_by_risk", "2, '', 51, null, null"),
    "models.find_models_in_force": ("model_pkey", "'{bgnbd}'"),
    "copies.load_products": ("product_pkey", "'{A}'"),
    "copies.forget_products": ("product_pkey", "'{A}'"),
}


@pytest.mark.parametrize("name", HOT)
async def test_hot_statements_read_by_index(forecasting: Forecasting, name: str) -> None:
    """With a sequential scan priced out, the plan must use the index made for the statement, and scan nothing whole."""
    index, arguments = HOT[name]
    plan = await plan_without_seqscan(forecasting.pool, SQL[name], arguments, "sales_v1, public")
    assert index in plan
    assert "Seq Scan" not in plan


@pytest.mark.usefixtures("forecasting")
async def test_the_weeks_of_many_departments_are_summed_without_sorting_their_lines(databases: Databases) -> None:
    lines, days, departments = 20_000, 100, [f"D{n}" for n in range(20)]
    owner = await asyncpg.connect(databases.owner_dsn("forecasting"))
    try:
        await owner.execute(
            "insert into sales_v1.product select 'p' || n, 'x', array['D' || n % 20] from generate_series(1, 2000) n;"
            "insert into sales_v1.sold_day select date '2026-01-05' + n % 100, 'web', 'DKK',"
            " 'p' || 1 + n / 100 * 7 % 2000, 1, 1, 100 from generate_series(0, 19999) n;"
            "analyze sales_v1.product; analyze sales_v1.sold_day"
        )
        asked = date(2026, 1, 5), date(2026, 4, 15), "(none)", departments, ["DKK"] * len(departments)
        plan = await owner.fetchval("explain (analyze, format json) " + SQL["series.load_weeks"], *asked)
    finally:
        await owner.close()

    sorted_rows = [
        node["Actual Rows"] * node["Actual Loops"] for node in _nodes(from_json(plan)[0]["Plan"]) if "Sort Key" in node
    ]
    assert sorted_rows
    assert max(sorted_rows) <= days * len(departments) < lines


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)

import httpx
import pytest

from tests.integration.forecasting.running import get

TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("product", {"A": (3, 6, 3000, 1, 500), "B": (1, 1, 250, 0, 0), "C": (1, 1, 40, 0, 0)}),
        ("category", {"TOYS": (3, 6, 3000, 1, 500), "FOOD": (1, 1, 250, 0, 0), "(none)": (1, 1, 40, 0, 0)}),
        ("channel", {"web": (4, 7, 2790, 1, 500), "phone": (1, 1, 500, 0, 0)}),
        (
            "week",
            {"2026-02-02": (2, 3, 1250, 0, 0), "2026-02-09": (1, 1, 500, 0, 0), "2026-02-16": (2, 4, 1540, 1, 500)},
        ),
    ],
)
@pytest.mark.usefixtures("sold")
async def test_totals(http: httpx.AsyncClient, by: str, expected: dict[str, tuple[int, ...]]) -> None:
    items = (await get(http, "/v1/series/sales", by=by))["items"]

    names = ("lines", "units", "revenue", "returned", "refunded")
    assert {item["key"]: tuple(item[name] for name in names) for item in items} == expected


@pytest.mark.usefixtures("sold")
async def test_totals_by_day_count_whole_sales_and_obey_filters(http: httpx.AsyncClient) -> None:
    days = (await get(http, "/v1/series/sales", by="day", channel="web"))["items"]
    assert [(day["key"], day["sales"], day["total"]) for day in days] == [
        ("2026-02-02", 1, 1250),
        ("2026-02-17", 1, 1540),
        ("2026-02-18", None, None),
    ]

    toys = (await get(http, "/v1/series/sales", by="day", category="TOYS", **{"from": "2026-02-03"}))["items"]
    assert [day["key"] for day in toys] == ["2026-02-09", "2026-02-17", "2026-02-18"]


@pytest.mark.parametrize(
    ("by", "last", "keys"),
    [
        ("day", 9, ["2026-02-09", "2026-02-17", "2026-02-18"]),
        ("day", 1, ["2026-02-17", "2026-02-18"]),
        ("week", 9, ["2026-02-09", "2026-02-16"]),
        ("week", 8, ["2026-02-16"]),
    ],
)
@pytest.mark.usefixtures("sold")
async def test_the_last_days_end_with_the_newest_sale_and_weeks_are_whole(
    http: httpx.AsyncClient, by: str, last: int, keys: list[str]
) -> None:
    items = (await get(http, "/v1/series/sales", by=by, last=last))["items"]
    assert [item["key"] for item in items] == keys


@pytest.mark.usefixtures("sold")
async def test_totals_page_by_cursor(http: httpx.AsyncClient) -> None:
    first = await get(http, "/v1/series/sales", by="product", limit=2)
    rest = await get(http, "/v1/series/sales", by="product", limit=2, cursor=first["next_cursor"])

    assert [item["key"] for item in first["items"] + rest["items"]] == ["A", "B", "C"]
    assert rest["next_cursor"] is None

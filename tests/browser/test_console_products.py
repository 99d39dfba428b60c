"""Prices and orders as people read them: with what decides in words, on a phone, and why there is no advice."""

import json

import asyncpg
import pytest
from playwright.async_api import expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import LAPTOP, PHONE, console

pytestmark = [pytest.mark.stack, pytest.mark.slow]

_PRICES = """
insert into price (
    sku, cut, currency, price, suggested, floor, elasticity, elasticity_low, elasticity_high, gain, gain_low, gain_high,
    none_because, contributions, model, recorded_at
) values
('A-17', '2026-03-02', 'DKK', 10000, 11000, 5250, -0.5, -0.7, -0.3, 45000, 30000, 60000, null, $1, 'prices/1', now()),
('B-2', '2026-03-02', 'DKK', 900, null, null, null, null, null, null, null, null,
 'price_never_varied', '[]', 'prices/1', now())
on conflict do nothing
"""
_REORDERS = """
insert into reorder (
    sku, cut, reorder_point, quantity, stock, days, service_level, demand, demand_low, demand_high, stock_out_risk,
    none_because, contributions, model, recorded_at
) values
('A-17', '2026-03-02', 80, 95, 6, 21, 0.95, 61.5, 48, 76, 0.97, null, $1, 'reorders/1', now()),
('B-2', '2026-03-02', 80, null, null, 21, 0.95, 61.5, 48, 76, null, 'stock_unknown', $1, 'reorders/1', now())
on conflict do nothing
"""
_DECIDES = [{"input": "units_a_week", "value": 20.5}, {"input": "price_change", "value": 0.1, "effect": 20500.0}]
PAGES = ("/prices", "/prices?show=unadvised", "/reorders", "/reorders?show=enough")


@pytest.fixture
async def advised(stack: EmbeddedStack) -> None:
    connection = await asyncpg.connect(stack.dsn("forecasting"))
    try:
        for statement in (_PRICES, _REORDERS):
            await connection.execute(statement, json.dumps(_DECIDES))
    finally:
        await connection.close()


@pytest.mark.usefixtures("advised")
async def test_what_is_advised_is_read_in_words(stack: EmbeddedStack) -> None:
    async with console(stack, viewport=LAPTOP) as (context, _):
        page = await context.new_page()
        await page.goto("/forecasts")
        await page.get_by_role("link", name="Prices").click()
        row = page.get_by_role("row").filter(has_text="A-17")
        await expect(row).to_contain_text("DKK 110.00")
        await expect(row).to_contain_text("+10%")
        await expect(row).to_contain_text("DKK 300.00 to DKK 600.00")
        await row.get_by_text("Why").click()
        await expect(row).to_contain_text("Percent by which sales change where the price rises by one")
        await page.get_by_role("link", name="Without advice").click()
        await expect(page.get_by_role("row").filter(has_text="B-2")).to_contain_text("Its price never varied")
        await page.goto("/reorders")
        await expect(page.get_by_role("row").filter(has_text="A-17")).to_contain_text("95")
        await page.get_by_role("link", name="Not now").click()
        await expect(page.get_by_role("row").filter(has_text="B-2")).to_contain_text("Its stock is not described.")


@pytest.mark.usefixtures("advised")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_with_advice_they_are_accessible_and_as_wide_as_the_screen(
    stack: EmbeddedStack, axe: str, scheme: str
) -> None:
    found: dict[str, list[str]] = {}
    size = PHONE if scheme == "light" else LAPTOP
    async with console(stack, viewport=size, color_scheme=scheme) as (context, complaints):
        page = await context.new_page()
        for path in PAGES:
            await page.goto(path)
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            await page.evaluate(axe)
            result = await page.evaluate("axe.run({resultTypes: ['violations']})")
            found[path] = ["wider than the screen"] * wide + [each["id"] for each in result["violations"]]
        assert {path: findings for path, findings in found.items() if findings} == {}
        assert complaints == []

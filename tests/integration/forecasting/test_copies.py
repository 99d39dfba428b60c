from shared.engine.event import Tombstone
from tests.integration.forecasting.running import Forecasting
from tests.unit.forecasting.facts import at, event, product


async def test_a_product_is_forgotten_with_its_record(forecasting: Forecasting) -> None:
    await forecasting.heard(product("A", "TOYS"), product("B", "FOOD", "BREAD"))
    await forecasting.heard(event("crm.products", Tombstone(), at("2026-03-02"), "gone", "A"))

    assert await forecasting.rows("select sku, category from sales_v1.product") == [
        {"sku": "B", "category": ["FOOD", "BREAD"]}
    ]

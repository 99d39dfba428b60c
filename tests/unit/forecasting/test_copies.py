from services.forecasting.copies.domain import newest
from shared.engine.event import Tombstone
from tests.unit.forecasting.facts import at, event, product


def test_the_last_word_on_a_product_holds() -> None:
    gone = event("crm.products", Tombstone(), at("2026-03-02"), "gone", "B")

    described, forgotten = newest([product("B", "FOOD"), product("A", "OLD"), gone, product("A", "TOYS")])

    assert [(one.sku, one.category) for one in described] == [("A", ("TOYS",))]
    assert forgotten == ["B"]

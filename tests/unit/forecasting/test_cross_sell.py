"""What is offered to a party, and which products go together."""

import random
from datetime import date

import pytest

from services.forecasting.cross_sell.domain import Bought, Known, Pair, advise
from services.forecasting.fitting.pairs import find_pairs

DAY = date(2026, 3, 2)
PAIR = Pair("bread", "butter", 200, 50, 30, 2.4, 1e-6)


def known(
    *products: tuple[str, int], days: int = 10, urgent: int = 0, sent_back: str = "", disputed: str = ""
) -> Known:
    bought = [Bought(sku, count, DAY) for sku, count in products]
    return Known(days, bought, {sent_back}, {disputed}, urgent)


def offered(of: Known, *pairs: Pair) -> list[tuple[str, str, float]]:
    found = advise(of, {pair.sku: [pair] for pair in pairs}, learnt=True).offers
    return [(one.sku, one.reason, one.probability) for one in found]


def test_what_is_bought_again_comes_first_and_then_what_goes_with_it() -> None:
    assert offered(known(("milk", 7), ("bread", 2), ("salt", 1)), PAIR) == [
        ("milk", "bought_again", 0.7),
        ("bread", "bought_again", 0.2),
        ("butter", "goes_with", 0.6),
    ]


def test_what_a_party_has_is_not_offered_to_it_as_new() -> None:
    assert offered(known(("bread", 1), ("butter", 1)), PAIR) == []


@pytest.mark.parametrize("refused", ["bread", "butter"])
@pytest.mark.parametrize("how", ["sent_back", "disputed"])
def test_what_was_sent_back_or_is_disputed_is_never_offered_nor_a_reason(refused: str, how: str) -> None:
    found = offered(known(("bread", 3), **{how: refused}), PAIR)  # type: ignore[arg-type]
    assert refused not in {sku for sku, *_ in found}
    assert ("butter", "goes_with", 0.6) not in found


@pytest.mark.parametrize(
    ("of", "learnt", "why"),
    [
        (known(("bread", 5), urgent=1), True, "urgent"),
        (known(("bread", 1), days=1), True, "fewer than 2 days"),
        (known(("bread", 1)), False, "takes 50 parties"),
        (known(("salt", 1)), True, "beyond chance"),
    ],
)
def test_where_nothing_can_be_advised_it_says_why(of: Known, learnt: bool, why: str) -> None:
    advice = advise(of, {"bread": [PAIR]} if learnt else {}, learnt=learnt)
    assert advice.offers == ()
    assert why in (advice.none_because or "")


def test_products_that_go_together_are_found_and_chance_is_not() -> None:
    rng = random.Random(7)
    products = [f"p-{n}" for n in range(40)]
    baskets = [{n for n in range(40) if rng.random() < 0.2} for _ in range(600)]
    for basket in baskets:
        if 0 in basket and rng.random() < 0.7:
            basket.add(1)
    found = find_pairs(products, [sorted(basket) for basket in baskets])
    named = {(pair.sku, pair.other) for pair in found}
    assert {("p-0", "p-1"), ("p-1", "p-0")} <= named
    assert len(named) <= 6
    (one,) = [pair for pair in found if (pair.sku, pair.other) == ("p-0", "p-1")]
    assert one.together == sum({0, 1} <= basket for basket in baskets)
    assert one.lift == pytest.approx(one.together * 600 / (one.buyers * sum(1 in basket for basket in baskets)))


def test_few_parties_tell_nothing() -> None:
    assert find_pairs(["a", "b"], [[0, 1]] * 49) == []
    assert find_pairs([], [[]] * 60) == []

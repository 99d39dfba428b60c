"""Which campaigns a sale belongs to, and which content it gets."""

import pytest

from services.marketing.catalogue.domain.campaign import (
    Basket,
    Campaign,
    asks_for_products,
    choose_content,
    matches,
    matching,
    ordered,
    skus_of,
)
from services.marketing.catalogue.domain.steps import Match
from tests.unit.marketing.facts import definition

PRODUCTS = {"F-1": ("FLORAL", "ROSES"), "G-1": ("GROCERY", "CEREAL"), "N-1": ()}


def basket(*skus: str, channel: str = "web") -> Basket:
    return Basket.of(skus, channel, PRODUCTS)


def campaigns(*given: Campaign) -> list[Campaign]:
    return ordered(given)


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({}, True),
        ({"skus": ["F-1"]}, True),
        ({"skus": ["F-*"]}, True),
        ({"skus": ["F"]}, False),
        ({"skus": ["G-*", "F-1"]}, True),
        ({"departments": ["FLORAL"]}, True),
        ({"departments": ["ROSES"]}, False),
        ({"categories": ["ROSES"]}, True),
        ({"categories": ["CEREAL"]}, False),
        ({"channels": ["web", "phone"]}, True),
        ({"channels": ["phone"]}, False),
        ({"departments": ["FLORAL"], "channels": ["phone"]}, False),
    ],
)
def test_every_given_field_must_hold(when: dict[str, list[str]], *, fits: bool) -> None:
    assert matches(Match.model_validate(when), basket("F-1")) is fits


def test_product_that_nobody_described_has_no_department() -> None:
    assert not matches(Match(departments=("FLORAL",)), basket("X-1", "N-1"))


def test_of_the_follow_ups_the_highest_priority_then_the_name_takes_the_sale() -> None:
    high, low = Campaign(definition("high", priority=2), 1), Campaign(definition("a-low", priority=1), 1)
    twin, other = Campaign(definition("z-twin", priority=2), 1), Campaign(definition("news", follow_up=False), 1)
    assert matching(campaigns(low, twin, other, high), basket("F-1")) == [high, other]


def test_follow_up_that_does_not_match_leaves_the_sale_to_the_next() -> None:
    floral = Campaign(definition("floral", priority=5, when={"departments": ["FLORAL"]}), 1)
    thanks = Campaign(definition(), 1)
    assert matching(campaigns(thanks, floral), basket("G-1")) == [thanks]
    assert matching(campaigns(floral), basket("G-1")) == []


def test_first_content_that_fits_is_taken_and_the_last_fits_always() -> None:
    text = {"": {"subject": "s", "body": "b"}}
    content = [
        {"template": "roses", "when": {"categories": ["ROSES"]}, "texts": text},
        {"template": "again", "when": {"customer": "repeat"}, "texts": text},
        {"template": "first", "texts": text},
    ]
    step = definition(steps=[{"wait": "PT1H", "content": content}]).sends[1]
    chosen = [
        choose_content(step, bought, repeat=repeat).template
        for bought, repeat in [(basket("F-1"), True), (basket("G-1"), True), (basket("G-1"), False)]
    ]
    assert chosen == ["roses", "again", "first"]


def test_products_are_asked_for_only_where_a_category_matters() -> None:
    assert asks_for_products([None, Match(categories=("ROSES",))])
    assert asks_for_products([Match(departments=("FLORAL",))])
    assert not asks_for_products([None, Match(skus=("A",), channels=("web",))])
    assert skus_of([["B", "A"], ["A"]]) == ["A", "B"]

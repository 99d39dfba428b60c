"""Conditions: what holds of given values, and which forms are taken."""

from typing import Any

import pytest

from services.marketing.catalogue.domain.changes import changes_between
from services.marketing.catalogue.domain.condition import complaints, holds
from services.marketing.catalogue.domain.occurrences import PRODUCTS, Values, type_at, values_at
from shared.events.sales import ProductChosen, SaleCompleted
from tests.unit.marketing.facts import sale

KNOWN: dict[str, Values] = {"n": (3,), "word": ("carted",), "many": ("A-1", "B-2"), "no": (False,)}


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        (None, True),
        ({"n": 3}, True),
        ({"n": 3, "word": "viewed"}, False),
        ({"word": ["viewed", "carted"]}, True),
        ({"n": {"at_least": 3, "below": 4}}, True),
        ({"n": {"above": 3}}, False),
        ({"many": "B-2"}, True),
        ({"many": {"starts_with": "C"}}, False),
        ({"many": {"not": "A-1"}}, True),
        ({"gone": {"not": "A-1"}}, False),
        ({"gone": {"known": False}}, True),
        ({"n": {"known": True, "at_most": 2}}, False),
        ({"word": {"above": 3}}, False),
        ({"no": False}, True),
        ({"any": [{"n": 4}, {"all": [{"n": 3}, {"not": {"gone": 1}}]}]}, True),
        ({"not": {"n": 3}}, False),
    ],
)
def test_a_condition_holds_of_what_stands_there(condition: dict[str, Any] | None, held: bool) -> None:
    assert list(complaints(condition)) == [] or condition is None
    assert holds(condition, lambda path: KNOWN.get(path, ())) is held


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        ([], ()),
        ({"any": []}, ("any",)),
        ({"any": [{"n": None}]}, ("any", 0, "n")),
        ({"n": {}}, ("n",)),
        ({"n": {"at_least": "three"}}, ("n", "at_least")),
        ({"n": {"starts_with": 3}}, ("n", "starts_with")),
        ({"n": {"known": 1}}, ("n", "known")),
        ({"n": [[]]}, ("n",)),
    ],
)
def test_another_form_is_refused_by_its_place(condition: object, place: tuple[str | int, ...]) -> None:
    assert [path for path, _ in complaints(condition)] == [place]


def test_fields_of_events_are_found_through_lists_and_what_is_missing() -> None:
    sold = sale("s-1", skus=("A", "B")).data
    assert values_at(sold, "lines.sku") == ("A", "B")
    assert values_at(sold, "total.minor") == (12_995,)
    assert values_at(sold, "store") == values_at(sold, "lines.discount.minor") == ()
    assert type_at(SaleCompleted, "lines.quantity") is int
    assert type_at(SaleCompleted, "lines") is type_at(SaleCompleted, "lines.sku.x") is None
    assert (PRODUCTS[SaleCompleted], PRODUCTS[ProductChosen]) == ("lines.sku", "sku")


def test_changes_name_the_fields_that_differ() -> None:
    before, after = {"a": 1, "s": [{"w": 1}, 2]}, {"b": None, "s": [{"w": 2}]}
    assert [tuple(each) for each in changes_between(before, after)] == [
        ("a", 1, None),
        ("b", None, None),
        ("s.0.w", 1, 2),
        ("s.1", 2, None),
    ]

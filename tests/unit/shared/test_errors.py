"""Which field of what was sent an error of validation is about."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.errors import field_of
from shared.events.ingest import ReportedProfile, ReportedSale

SALE: dict[str, Any] = {"party": {}, "sale_id": "1", "channel": "web", "total": {"minor": 1, "currency": "DKK"}}
LINE = {"sku": "A", "quantity": 1, "unit_price": {"minor": 1, "currency": "DKK"}}


def fields(model: type, data: object) -> set[str]:
    try:
        TypeAdapter(model).validate_json(json.dumps(data))
    except ValidationError as error:
        return {field_of(each, data) for each in error.errors()}
    return set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lines": [LINE], "ship_to": {"country": "dk"}}, {"ship_to", "ship_to.country"}),
        ({"lines": [LINE], "ship_to": []}, {"ship_to"}),
        ({"lines": [LINE, {"sku": "B"}]}, {"lines.1.quantity", "lines.1.unit_price"}),
        ({"lines": {"0": LINE}}, {"lines"}),
        ({}, {"lines"}),
    ],
)
def test_names_and_places_are_told_and_no_way_of_reading(changes: dict[str, Any], expected: set[str]) -> None:
    assert fields(ReportedSale, SALE | changes) == expected


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("a\0b", 1, "?"),
        ("ada@example.com", 1, "?"),
        ("x" * 9_000, 1, "?"),
        ("", [], "?"),
        ("[key]", 1, "?"),
        ("int", [], "int"),
        ("missing", {}, "missing"),
    ],
)
def test_of_a_name_that_a_sender_made_up_only_that_there_is_one(name: str, value: object, told: str) -> None:
    assert fields(ReportedProfile, {"party": {"custom": {name: value}}}) == {f"party.custom.{told}"}


@pytest.mark.parametrize("data", [None, 7, "a", [], [{}]])
def test_a_value_that_is_no_object_has_no_field(data: object) -> None:
    assert fields(ReportedProfile, data) == {""}

"""What is asked of a segment's parties, as a page says it; and that every word of it is known."""

from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from services.console.segments.domain import Line, asked_of, field_of, lines_of
from services.console.shell.vocabulary import TERMS
from services.console.shell.words import Words
from services.forecasting.fraud_rules import DEFAULT, Band, read_rules
from services.marketing.catalogue.domain.condition import FAMILIES, PartyVariable, complaints
from services.marketing.segments.domain.definition import Definition

ENGLISH = Words("en", ZoneInfo("UTC"), datetime(2026, 3, 1, tzinfo=UTC))


def test_a_condition_is_told_in_the_order_of_its_file_with_its_groups() -> None:
    when: dict[str, Any] = {
        "party.sales": {"at_least": 2, "below": 5},
        "any": [{"party.spent.DKK": {"above": 10_000}}, {"party.stage": ["loyal", "lapsed"]}],
        "not": {"party.ticket_open": True, "party.locale": {"known": False}},
    }
    Definition.model_validate({"name": "some", "when": when})
    assert list(lines_of(when, ENGLISH)) == [
        Line(0, "Sales", "at least 2, below 5"),
        Line(0, "One of these", None),
        Line(1, "Spent: DKK", "above DKK\u00a0100.00"),
        Line(1, "Stage", "Loyal or Lapsed"),
        Line(0, "Not all of these", None),
        Line(1, "A ticket is open", "yes"),
        Line(1, "Language", "is not known"),
    ]


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        ("party.score.p_alive", {"at_most": 0.5}, "at most 0.50"),
        ("party.spent.DKK", 10**30, "DKK\u00a010,000,000,000,000,000,000,000,000,000.00"),
        ("party.sales", {"below": 10**30}, "below 1,000,000,000,000,000,000,000,000,000,000"),
        ("party.spent.points", {"is": 3}, "is 3"),
        ("party.tags", [""], ""),
        ("party.kind", {"not": "organisation"}, "is not Organisation"),
    ],
)
def test_values_are_told_as_people_write_them(name: str, given: object, text: str) -> None:
    assert list(complaints({name: given})) == []
    assert asked_of(name, given, ENGLISH) == text


def test_every_field_test_and_reason_has_words() -> None:
    assert {*get_args(PartyVariable), *FAMILIES} <= TERMS["party_field"].keys()
    assert field_of("party.consent.marketing", ENGLISH) == "Consent: Marketing"
    for test in ("is", "not", "at_least", "at_most", "above", "below", "starts_with"):
        assert test in TERMS["test"]
    assert set(get_args(Band)) == TERMS["risk"].keys()
    assert {rule.reason for rule in read_rules(DEFAULT).rules} <= TERMS["fraud"].keys()

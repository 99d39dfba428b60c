"""Rules of frauds: points add up, and a file that cannot be used is refused by its field."""

from pathlib import Path

import pytest
import yaml

from services.forecasting.fraud.domain.assessment import Signals, add_points
from services.forecasting.fraud_rules import DEFAULT, SIGNALS, FraudRules, read_rules
from shared.errors import ConfigurationError

RULES = FraudRules.model_validate(
    {
        "version": "t",
        "bands": {"medium": 30, "high": 60},
        "rules": [
            {"reason": "fast", "points": 40, "least": {"party_sales_1h": 5}},
            {"reason": "new", "points": 30, "least": {"new_device": 1, "known_sales": 3}},
            {"reason": "more", "points": 50, "least": {"times_usual": 3}},
            {"reason": "known", "points": -30, "least": {"linked_genuine": 1}},
        ],
    }
)


@pytest.mark.parametrize(
    ("signals", "points", "band", "reasons"),
    [
        ({}, 0, "low", []),
        ({"party_sales_1h": 4.99}, 0, "low", []),
        ({"party_sales_1h": 5}, 40, "medium", ["fast"]),
        ({"new_device": 1, "known_sales": 2}, 0, "low", []),
        ({"new_device": 1, "known_sales": 3}, 30, "medium", ["new"]),
        ({"party_sales_1h": 9, "new_device": 1, "known_sales": 3}, 70, "high", ["fast", "new"]),
        ({"party_sales_1h": 9, "new_device": 1, "known_sales": 3, "times_usual": 1e300}, 100, "high", None),
        ({"linked_genuine": 1}, 0, "low", ["known"]),
        ({"party_sales_1h": 5, "linked_genuine": 2}, 10, "low", ["fast", "known"]),
    ],
)
def test_the_points_of_every_rule_that_counts_add_up(
    signals: Signals, points: int, band: str, reasons: list[str] | None
) -> None:
    found = add_points(RULES, signals)
    assert (found.points, found.band, found.rules) == (points, band, "t")
    if reasons is not None:
        assert [one.input for one in found.reasons] == reasons


def test_every_input_is_used_by_a_rule_or_is_another_span_of_one_that_is() -> None:
    used = {name for rule in read_rules().rules for name in rule.least}
    assert {*SIGNALS} - used == {"device_sales_24h", "card_sales_24h"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bands": {"medium": 60, "high": 60}}, "bands"),
        ({"rules": [{"reason": "a", "points": 10, "least": {"moon": 1}}]}, "rules.0.least.moon"),
        ({"rules": [{"reason": "a", "points": 10, "least": {}}]}, "rules.0.least"),
        ({"rules": [{"reason": "a", "points": 1000, "least": {"new_card": 1}}]}, "rules.0.points"),
        ({"rules": [{"reason": "a", "points": 1, "least": {"new_card": 1}}] * 2}, "two rules give one reason"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_its_field(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(DEFAULT.read_text()), **change}))
    with pytest.raises(ConfigurationError, match=said):
        read_rules(file)


@pytest.mark.parametrize("text", ["[", "- 1", "", "a: &a [*a]"])
def test_a_file_that_holds_no_rules_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match="rules"):
        read_rules(tmp_path / "rules.yaml")

"""What the contracts take and refuse, over every contract that holds such a value."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.events.contract import find_contract
from shared.events.money import MOST_MINOR
from shared.events.values import ReportedInstant

PRICE = {"minor": 12_995, "currency": "DKK"}
SALE: dict[str, Any] = {
    "party": {"identities": [{"type": "email", "value": "ada@example.com"}]},
    "sale_id": "s-1",
    "channel": "web",
    "total": PRICE,
    "lines": [{"sku": "A-17", "quantity": 1, "unit_price": PRICE}],
}
PRODUCT: dict[str, Any] = {"sku": "A-17", "name": "Lamp"}


def parsed(topic: str, type_: str, data: Any) -> Any:
    contract = find_contract(topic, f"crm.{type_}.v1")
    assert contract is not None
    return contract.parse(json.dumps(data).encode())


def sale(**changes: Any) -> Any:
    return parsed("crm.ingest", "sale.completed", {**SALE, **changes})


def profile(**party: Any) -> Any:
    return parsed("crm.ingest", "profile.submitted", {"party": party}).party


def refused(act: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        act()
    [problem] = caught.value.errors()
    return ".".join(map(str, problem["loc"]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birth_date", "2026-99-99"),
        ("birth_date", "2025-02-29"),
        ("birth_date", "20260101"),
        ("birth_date", "2026-01-01T00:00:00Z"),
        ("birth_date", 20_260_101),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("time_zone", "Europe"),
        ("kind", "robot"),
        ("name", "x" * 301),
    ],
)
def test_what_nobody_is_born_on_or_lives_in_is_refused_with_its_field(field: str, value: Any) -> None:
    assert refused(lambda: profile(**{field: value})) == f"party.{field}"


@pytest.mark.parametrize("country", ["XX", "ZZ", "EU", "UN", "dk", "DNK", "D"])
def test_a_country_is_one(country: str) -> None:
    assert refused(lambda: profile(address={"country": country})) == "party.address.country"


def test_real_places_and_days_are_taken() -> None:
    party = profile(address={"country": "XK"}, time_zone="America/Argentina/Buenos_Aires", birth_date="2024-02-29")
    assert (party.address.country, party.birth_date) == ("XK", "2024-02-29")


@pytest.mark.parametrize("currency", ["ZZZ", "XXX", "dkk", "DK", "DKKK", "", 208])
@pytest.mark.parametrize(
    ("topic", "type_", "data", "place"),
    [
        ("crm.ingest", "sale.completed", SALE, "total"),
        ("crm.ingest", "sale.refunded", {**SALE, "lines": []}, "total"),
        ("crm.products", "product.described", PRODUCT, "price"),
        ("crm.products", "product.described", PRODUCT, "cost"),
    ],
)
def test_a_currency_is_one(topic: str, type_: str, data: dict[str, Any], place: str, currency: Any) -> None:
    money = {"minor": 1, "currency": currency}
    assert refused(lambda: parsed(topic, type_, {**data, place: money})) == f"{place}.currency"


@pytest.mark.parametrize("currency", ["DKK", "JPY", "VND", "HUF", "DEM", "HRK"])
def test_currencies_of_today_and_former_ones_are_taken(currency: str) -> None:
    assert sale(total={"minor": 1, "currency": currency}).total.currency == currency


NUMBERS = ["12995", True, 12995.5, 1e300, float(2**60), None, [1], {}]


@pytest.mark.parametrize("value", NUMBERS)
def test_an_amount_is_a_whole_number(value: Any) -> None:
    assert refused(lambda: sale(total={"minor": value, "currency": "DKK"})) == "total.minor"


@pytest.mark.parametrize("value", [value for value in NUMBERS if value is not None])
@pytest.mark.parametrize(
    ("type_", "data", "field"),
    [
        ("interaction.recorded", {"party": {}, "channel": "phone", "direction": "inbound"}, "duration_s"),
        ("survey.answered", {"party": {}, "survey": "nps"}, "value"),
    ],
)
def test_a_number_is_no_text_and_no_truth(type_: str, data: dict[str, Any], field: str, value: Any) -> None:
    assert refused(lambda: parsed("crm.ingest", type_, {**data, field: value})) == field


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"1.5"', "true"])
def test_an_indicator_is_a_number(value: str) -> None:
    contract = find_contract("crm.indicators", "crm.indicator.observed.v1")
    assert contract is not None
    with pytest.raises(ValidationError):
        contract.parse(f'{{"series": "s", "value": {value}}}'.encode())


@pytest.mark.parametrize("sign", [1, -1])
def test_amounts_go_up_to_what_every_reader_of_json_holds_exactly(sign: int) -> None:
    at_bound = {"minor": sign * MOST_MINOR, "currency": "VND"}
    assert sale(total=at_bound).total.minor == sign * MOST_MINOR
    assert float(MOST_MINOR) == MOST_MINOR
    assert 1000 * MOST_MINOR < 2**63
    assert refused(lambda: sale(total={**at_bound, "minor": sign * (MOST_MINOR + 1)})) == "total.minor"


@pytest.mark.parametrize("blank", [None, "", " ", "\t\n", "\x00"])
def test_null_empty_blank_and_absent_mean_the_same_in_every_optional_text(blank: str | None) -> None:
    consent: dict[str, Any] = {"party": {}, "purpose": "marketing", "channel": "email"}
    facts: dict[str, tuple[dict[str, Any], list[str]]] = {
        "consent.given": (consent, ["topic", "basis", "text_version", "evidence"]),
        "consent.withdrawn": (consent, ["topic", "basis", "text_version", "evidence"]),
        "sale.completed": (SALE, ["store"]),
        "sale.refunded": ({"party": {}, "sale_id": "s", "total": PRICE}, ["reason"]),
        "support.requested": (
            {"party": {}, "channel": "email", "subject": "Help"},
            ["thread", "in_reply_to", "sku", "sale_id", "locale"],
        ),
        "interaction.recorded": (
            {"party": {}, "channel": "phone", "direction": "inbound"},
            ["stage", "summary", "agent"],
        ),
        "survey.answered": ({"party": {}, "survey": "nps", "value": 9}, ["text"]),
    }
    for type_, (data, fields) in facts.items():
        plain = parsed("crm.ingest", type_, data)
        for field in fields:
            assert parsed("crm.ingest", type_, {**data, field: blank}) == plain, (type_, field)
    party = ["kind", "name", "birth_date", "locale", "time_zone"]
    address = ["postal_code", "city", "region", "country"]
    assert profile(**dict.fromkeys(party, blank)) == profile()
    assert profile(address=dict.fromkeys(address, blank)) == profile(address={})


@pytest.mark.parametrize("name", ["A\u030ase Holm", "\u00c5se Holm", "  \u00c5se Holm ", "\u00c5se\x00 Holm"])
def test_a_name_has_one_form(name: str) -> None:
    assert profile(name=name).name == "\u00c5se Holm"


@pytest.mark.parametrize("place", ["sale_id", "store", "lines.0.sku"])
def test_an_id_that_no_database_can_hold_is_refused_with_its_field(place: str) -> None:
    line = {**SALE["lines"][0], "sku": "A\x0017"}
    changes: dict[str, Any] = {"lines": [line]} if place.startswith("lines") else {place: "a\x00b"}
    assert refused(lambda: sale(**changes)) == place


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("\u200b", None),
        ("\u202a \ufeff", None),
        ("\u202aAda\u202c ", "Ada"),
        (" \u200eÅse ", "Åse"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),  # the joiner within an emoji is part of it
    ],
)
def test_marks_that_nobody_sees_are_no_text(name: str, kept: str | None) -> None:
    assert profile(name=name).name == kept


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01t01:00:00+01:00", "9999-12-31T23:59:59.999999Z"])
def test_no_moment_from_outside_is_what_a_database_takes_for_infinity(text: str) -> None:
    """The driver of Postgres writes the ends of Python's calendar as such, and reads them as times without a zone."""
    ends = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    read = TypeAdapter(ReportedInstant).validate_json(json.dumps(text))
    assert ends[0] < read < ends[1]
    assert min(read - ends[0], ends[1] - read) == timedelta.resolution

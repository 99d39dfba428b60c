"""Numbers as people type them, and what is said of a form that was not taken."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from services.console.shell.refusals import Fault, faults_of
from services.console.shell.typed import plain_number, whole_of
from services.console.shell.words import Words


@pytest.mark.parametrize(
    ("typed", "english", "danish"),
    [
        ("1000", "1000", "1000"),
        ("1.000", "1.000", "1000"),
        ("1,000", "1000", "1.000"),
        ("1.000.000", "1000000", "1000000"),
        ("1.234,50", "1234.50", "1234.50"),
        ("1,234.50", "1234.50", "1234.50"),
        ("1 234,5", "1234.5", "1234.5"),
        ("-0,5", "-0.5", "-0.5"),
        ("0.500", "0.500", "0.500"),
        ("1234.567", "1234.567", "1234.567"),
        ("1234.567,8", None, None),
        ("1.23.4", None, None),
        ("1,2.3,4", None, None),
        ("1.", None, None),
        (".5", None, None),
        ("1e9", None, None),
        ("\u0663", None, None),
        ("", None, None),
        ("9" * 5000, None, None),
    ],
)
def test_a_number_is_read_as_its_writer_means_it(typed: str, english: str | None, danish: str | None) -> None:
    assert (plain_number(typed, "en"), plain_number(typed, "da")) == (english, danish)


@given(st.integers(0, 10**12), st.integers(0, 99), st.sampled_from(["en", "da"]))
def test_what_the_console_writes_it_reads(whole: int, cents: int, language: str) -> None:
    words = Words(language, ZoneInfo("UTC"), datetime.now(UTC))
    written = words.number(whole + cents / 100, 2) if whole < 10**9 else words.number(whole)
    expected = f"{whole}.{cents:02}" if whole < 10**9 else str(whole)
    assert plain_number(written, language) == expected


def test_what_is_no_whole_number_stays_for_the_service_to_refuse() -> None:
    assert [whole_of(each, "da") for each in ("1.000", "1,5", " many ", "9" * 5000)] == [
        1000,
        "1,5",
        "many",
        "9" * 5000,
    ]


def test_a_refusal_names_the_fields_as_the_form_does() -> None:
    words = Words("en", ZoneInfo("UTC"), datetime.now(UTC))
    errors = [
        {"field": "body.title", "reason": "string_too_short", "detail": "String should have at least 1 character"},
        {"field": "body.skills.0", "reason": "string_pattern_mismatch", "detail": "…"},
        {"field": "body.skills.1", "reason": "string_pattern_mismatch", "detail": "…"},
        {"field": "header.If-Match", "reason": "missing", "detail": "…"},
        {"field": "body.because", "reason": "too_short", "detail": "Value should have at least 1 item"},
        {"field": "body.until", "reason": "later_than_now", "detail": "it has to come before now"},
        {"field": "body", "reason": "json_invalid", "detail": "…"},
    ]
    assert faults_of({"errors": errors}, words) == [
        Fault("Title", "has to be filled in"),
        Fault("Skills", "is not written as it has to be"),
        Fault("", "has to be filled in"),
        Fault("Reason", "has to be filled in"),
        Fault("Until", "it has to come before now"),
        Fault("", "holds signs that cannot be read"),
    ]
    assert faults_of({"detail": "no"}, words) == []

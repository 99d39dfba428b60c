"""What is kept of a record is bounded, and what decides about it is kept."""

from dataclasses import replace

from shared.engine.kept import MAX_HEADERS, MAX_VALUE, kept
from tests.unit.engine.records import outside


def test_a_record_that_a_topic_takes_is_kept_as_it_is() -> None:
    record = outside(bytes(MAX_VALUE))
    assert kept(record) is record


def test_what_is_packed_beyond_that_is_cut() -> None:
    record = kept(outside(b"x" * (40 * MAX_VALUE)))
    assert record.value == b"x" * MAX_VALUE


def test_of_too_many_headers_those_that_decide_are_kept_and_of_two_the_last() -> None:
    usual = outside()
    noise = tuple((f"x-{n}", bytes(9_000)) for n in range(100))
    record = kept(replace(usual, headers=(("ce_id", b"first"), *noise, *usual.headers)))
    assert dict(usual.headers).items() <= dict(record.headers).items()
    assert sum(len(name) + len(value or b"") for name, value in record.headers) <= MAX_HEADERS

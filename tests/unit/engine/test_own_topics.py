"""Numbers on a service's own topics, as whoever reads them back finds them."""

import pytest

from shared.engine.own_topics import number_in


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"00000000000000000007", 7),
        (b"7", 7),
        (b"9223372036854775807", 2**63 - 1),
        (b"9223372036854775808", 0),
        (b"-7", 0),
        (b" 7", 0),
        (b"7.0", 0),
        (b"seven", 0),
        ("\u0667".encode(), 0),
        (b"9" * 5_000, 0),
        (b"\xff", 0),
        (b"", 0),
        (None, 0),
    ],
)
def test_what_is_no_number_of_ours_counts_as_none(value: bytes | None, number: int) -> None:
    assert number_in([("ce_id", b"1"), ("ce_sequence", value)]) == number


def test_a_record_without_a_number_has_none() -> None:
    assert number_in([]) == 0

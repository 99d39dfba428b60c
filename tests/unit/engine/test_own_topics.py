"""Numbers on a service's own topics, as whoever reads them back finds them."""

import pytest

from shared.engine.event import Record
from shared.engine.own_topics import Known, number_in


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


@pytest.mark.parametrize(
    ("number", "id_", "missed"),
    [
        (7, "any", False),
        (8, "eight", False),
        (8, "another", True),
        (9, "eight", True),
        (0, "whose", False),
    ],
)
def test_a_database_misses_what_was_published_beyond_it_unless_its_stored_batch_is_the_same(
    number: int, id_: str, missed: bool
) -> None:
    """A batch that was stored in a backup has numbers that other events may have got since."""
    place = ("crm.sales", 1)
    known = Known({place: 7}, {place: {8: "eight"}})
    headers = [("ce_id", id_.encode()), ("ce_sequence", b"%020d" % number)]
    assert known.misses(Record(*place, 0, None, b"", headers, 0)) == missed

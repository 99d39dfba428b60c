"""Ids that come out the same twice."""

from datetime import UTC, datetime
from uuid import RFC_4122

import pytest

from shared.ids import dated_id, hashed_part


@pytest.mark.parametrize("milliseconds", [0, 1_772_366_400_000, 2**48 - 1])
def test_a_dated_id_is_a_uuid_v7_of_its_time(milliseconds: int) -> None:
    id_ = dated_id(milliseconds, "/shop", "sale-1")
    assert (id_.version, id_.variant) == (7, RFC_4122)
    assert id_.int >> 80 == milliseconds
    assert id_ == dated_id(milliseconds, "/shop", "sale-1")


def test_ids_follow_their_times_and_differ_in_any_part() -> None:
    at = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    assert dated_id(at, "b") < dated_id(at + 1, "a")
    assert len({dated_id(at, *parts) for parts in (("a", "b"), ("ab",), ("a", "b", 1), ("b", "a"))}) == 4


@pytest.mark.parametrize("milliseconds", [-1, 2**63 - 1])
def test_any_time_that_a_sender_sets_gives_an_id(milliseconds: int) -> None:
    assert dated_id(milliseconds, "a").version == 7
    assert hashed_part(dated_id(milliseconds, "a")) == hashed_part(dated_id(5, "a"))

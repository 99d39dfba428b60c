from random import Random

import pytest
from hypothesis import given, strategies as st

from services.support.copies.domain import Party, newest
from shared.engine.event import Event, Tombstone
from shared.errors import BadRecord
from shared.events.parties import PartyDescribed
from tests.unit.support.builders import described, erased, party_id

Heard = Event[PartyDescribed | Tombstone]
events = st.one_of(
    st.builds(described, st.integers(1, 3), version=st.integers(1, 4)), st.builds(erased, st.integers(1, 3))
)


def test_the_highest_version_is_kept() -> None:
    assert newest([described(version=2, name="Ada Berg"), described(version=1)]) == [
        Party(party_id(1), 2, "Ada Berg", "da")
    ]


def test_parties_come_out_by_id_so_that_locks_are_taken_in_one_order() -> None:
    assert [each.id for each in newest([described(3), described(1), described(2)])] == [party_id(n) for n in (1, 2, 3)]


def test_an_erased_party_keeps_nothing_and_stays_erased() -> None:
    gone = [Party(party_id(1), erased=True)]
    assert newest([described(), erased()]) == gone
    assert newest([erased(), described(version=9)]) == gone


def test_a_merge_is_kept_as_an_alias() -> None:
    (copy,) = newest([described(1, merged_into=2)])
    assert copy.merged_into == party_id(2)


@pytest.mark.parametrize("key", ["", "81", "not-a-party"])
def test_a_tombstone_without_a_party_is_refused(key: str) -> None:
    event = erased(key="x")
    event.key = key.encode() or None
    with pytest.raises(BadRecord) as refused:
        newest([event])
    assert refused.value.reason == "key"


@given(st.lists(events, max_size=12), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_give_the_same_copy(heard: list[Heard], random: Random) -> None:
    shuffled = [*heard, *heard]
    random.shuffle(shuffled)
    assert newest(shuffled) == newest(heard)

"""What must hold when everything has come to rest, whatever happened before."""

from collections.abc import Mapping, Sequence

from shared.engine.event import Record
from tests.simulation.world import Sender


def check(
    sender: Sender, numbered: Mapping[str, Sequence[str]], read: Mapping[str, Sequence[str]], *, went_back: bool = False
) -> None:
    """`numbered`: per party what the first group handled, as `<key>/<id>`, in its order; `read`: per party the numbers
    and facts that the second group saw. Where the database `went_back`, some were numbered a second time, and stand
    with their first number. Raises AssertionError.
    """
    by_key: dict[str, list[str]] = {}
    for facts in numbered.values():
        for one in facts:
            key, _, number = one.rpartition("/")
            by_key.setdefault(key, []).append(number)
    _compare(sender, by_key, "handled")
    for party, facts in numbered.items():
        seen = [int(one.partition(" ")[0]) for one in read.get(party, ())]
        assert went_back or seen == list(range(1, len(facts) + 1)), f"{party}: read {seen} of {len(facts)}"
    by_key = {}
    for events in read.values():
        for one in events:
            key, _, number = one.partition(" ")[2].rpartition("/")
            by_key.setdefault(key, []).append(number)
    _compare(sender, by_key, "read")
    assert set(read) <= set(numbered)


def _compare(sender: Sender, by_key: dict[str, list[str]], what: str) -> None:
    """Every fact once and in the order of its key."""
    for key, expected in sender.order.items():
        found = by_key.pop(key, [])
        if key == "None":
            assert sorted(found) == sorted(expected), f"without a key: {what} {found}, sent {expected}"
        else:
            ordered = [one for one in found if sender.poisoned.get(one) != "alone"]
            expected_order = [one for one in expected if sender.poisoned.get(one) != "alone"]
            assert ordered == expected_order, f"{key}: {what} {found}, sent {expected}"
            assert sorted(found) == sorted(expected), f"{key}: {what} {found}, sent {expected}"
    assert not by_key, f"out of nothing: {by_key}"


def check_newest_last(partitions: Sequence[Sequence[Record | None]]) -> None:
    """The last record of each key has its highest number: it is what compaction keeps and a new subscriber sees."""
    for log in partitions:
        highest: dict[bytes | None, int] = {}
        last: dict[bytes | None, int] = {}
        for record in filter(None, log):
            last[record.key] = int(dict(record.headers)["ce_sequence"] or b"0")
            highest[record.key] = max(last[record.key], highest.get(record.key, 0))
        assert last == highest, "something older stands behind something newer"

"""What must hold when everything has come to rest, whatever happened before."""

from collections.abc import Mapping, Sequence

from tests.simulation.world import Sender


def check(
    sender: Sender,
    numbered: Mapping[str, Sequence[str]],
    read: Mapping[str, Sequence[int]],
    *,
    published_again: bool = False,
) -> None:
    """`numbered`: per party what the first group handled, as `<key>/<id>`, in its order; `read`: per party the numbers
    that the second group saw. After a restore it sees what was published before and after it: nothing may be missing,
    some of it comes twice (`published_again`). Raises AssertionError.
    """
    by_key: dict[str, list[str]] = {}
    for facts in numbered.values():
        for one in facts:
            key, _, number = one.rpartition("/")
            by_key.setdefault(key, []).append(number)
    for key, expected in sender.order.items():
        found = by_key.pop(key, [])
        if key == "None":
            assert sorted(found) == sorted(expected), f"without a key: {found}, sent {expected}"
        else:
            assert found == expected, f"{key}: handled {found}, sent {expected}"
    assert not by_key, f"out of nothing: {by_key}"
    for party, facts in numbered.items():
        seen = list(read.get(party, []))
        if published_again:
            seen = sorted(set(seen))
        assert seen == list(range(1, len(facts) + 1)), f"{party}: read {seen} of {len(facts)}"
    assert set(read) <= set(numbered)

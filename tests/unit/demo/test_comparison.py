from datetime import UTC, datetime

from demo.oracle.comparison import SHOWN, compare
from demo.oracle.ledger import Totals


def test_equal_rows_need_no_explanation() -> None:
    found = compare("totals", {"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert found.equal
    assert found.rows == 2
    assert found.explained == ()


def test_each_kind_of_difference_is_counted_and_told() -> None:
    at = datetime(2017, 5, 1, 9, tzinfo=UTC)
    totals = {("7", "USD"): Totals(2, 500, 0, 0), ("8", "USD"): Totals(1, 9, 0, 0)}
    found = compare("totals", totals, {("7", "USD"): Totals(1, 250, 0, 0), ("9", at): Totals(0, 0, 0, 0)})
    assert (found.missing, found.unexpected, found.different) == (1, 1, 1)
    assert found.explained == (
        "missing: 8 USD should be sales=1 bought=9 refunds=0 refunded=0",
        "unexpected: 9 2017-05-01T09:00:00+00:00 is sales=0 bought=0 refunds=0 refunded=0",
        "different: 7 USD is sales=1 bought=250 refunds=0 refunded=0, not sales=2 bought=500 refunds=0 refunded=0",
    )


def test_only_the_first_differences_are_told_but_all_are_counted() -> None:
    found = compare("days", dict.fromkeys(range(50), 0), {})
    assert found.missing == 50
    assert len(found.explained) == SHOWN

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st

from demo.oracle.ledger import Day, Ledger, Line, Totals, fold
from demo.oracle.lifecycle import stages
from demo.world.facts import Fact

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
PARTY = {"identities": [{"type": "external", "system": "shop", "value": "7"}]}
SALE_DATA = {
    "sale_id": "b1",
    "channel": "web",
    "total": {"minor": 500, "currency": "USD"},
    "lines": [
        {
            "sku": "A",
            "quantity": 2,
            "unit_price": {"minor": 151, "currency": "USD"},
            "discount": {"minor": 2, "currency": "USD"},
        },
        {"sku": "B", "quantity": 1, "unit_price": {"minor": 200, "currency": "USD"}},
    ],
}


def fact(verb: str, id_: str, hours: int, data: Mapping[str, Any] | None = None, key: str = "7") -> Fact:
    at = NOON + timedelta(hours=hours)
    return Fact("crm.ingest", f"crm.{verb}.v1", id_, "/shop", key, at, at, {"party": PARTY, **(data or {})})


def refund(id_: str, hours: int, lines: Sequence[tuple[str, int]], total: int) -> Fact:
    data = {
        "sale_id": "b1",
        "total": {"minor": total, "currency": "USD"},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
    }
    return fact("sale.refunded", id_, hours, data)


CONSENT = fact("consent.given", "c1", -1, {"purpose": "marketing", "channel": "email"})
SALE = fact("sale.completed", "s1", 0, SALE_DATA)
REFUND = refund("r1", 20, [("A", 1)], 150)
REST = refund("r2", 50, [("A", 1), ("B", 1)], 350)
REQUEST = fact("support.requested", "q1", 30, {"channel": "email", "subject": "?", "sku": "A", "sale_id": "b1"})
YEAR = [CONSENT, SALE, REFUND, REQUEST, REST]


def test_totals_are_kept_net_of_refunds() -> None:
    assert fold(YEAR).totals() == {("7", "USD"): Totals(sales=1, bought=500, refunds=2, refunded=500)}


def test_totals_are_kept_apart_by_currency() -> None:
    krone = fact("sale.completed", "s2", 5, {**SALE_DATA, "sale_id": "b2", "total": {"minor": 9, "currency": "DKK"}})
    totals = fold([SALE, krone]).totals()
    assert totals["7", "USD"].bought == 500
    assert totals["7", "DKK"].bought == 9


def entered(facts: Sequence[Fact], hours: int = 0) -> set[tuple[str, int]]:
    """Each stage with the hour at which it was entered, once so many hours have passed."""
    found = stages(fold(facts), NOON + timedelta(hours=hours))
    return {(stage, (at - NOON) // timedelta(hours=1)) for _, stage, at in found}


def test_stages_are_entered_by_the_first_fact_of_their_kind() -> None:
    assert entered(YEAR) == {("discovery", -1), ("purchase", 0), ("post_purchase", 30)}
    assert entered(YEAR, 24) == {("discovery", -1), ("purchase", 0), ("onboarding", 24), ("post_purchase", 30)}


def test_time_alone_moves_who_buys_no_more_and_a_sale_begins_anew() -> None:
    again = fact("sale.completed", "s2", 24 * 400, {**SALE_DATA, "sale_id": "b2"})
    days = {"purchase": 0, "onboarding": 1, "post_purchase": 31, "lapsed": 180, "churned": 365}
    passed = {(stage, 24 * day) for stage, day in days.items()}
    assert entered([SALE], 24 * 365) == passed
    assert entered([SALE, again], 24 * 400) == {*passed, ("purchase", 24 * 400)}
    third = fact("sale.completed", "s3", 2, {**SALE_DATA, "sale_id": "b3"})
    second = fact("sale.completed", "s4", 1, {**SALE_DATA, "sale_id": "b4"})
    assert entered([SALE, second, third]) == {("purchase", 0), ("loyal", 2)}


def test_nobody_who_has_bought_is_discovered_and_a_refund_opens_no_stage() -> None:
    survey = fact("survey.answered", "v", 5, {"survey": "csat", "value": 3})
    assert entered([SALE, REFUND, survey]) == {("purchase", 0), ("post_purchase", 5)}


def test_a_request_before_the_first_sale_is_no_post_purchase() -> None:
    early = fact("support.requested", "q0", -3, {"channel": "email", "subject": "?"})
    assert entered([early, SALE]) == {("discovery", -3), ("purchase", 0)}


def test_a_refund_counts_on_its_own_day_in_the_channel_and_at_the_price_of_its_sale() -> None:
    first, second, third = date(2017, 3, 1), date(2017, 3, 2), date(2017, 3, 3)
    assert fold(YEAR).days() == {
        ("A", "web", first): Day(sales=1, units=2, revenue=300, returned=0, refunded=0),
        ("B", "web", first): Day(sales=1, units=1, revenue=200, returned=0, refunded=0),
        ("A", "web", second): Day(0, 0, 0, returned=1, refunded=150),
        ("A", "web", third): Day(0, 0, 0, returned=1, refunded=150),
        ("B", "web", third): Day(0, 0, 0, returned=1, refunded=200),
    }


def test_each_request_is_one_ticket_and_one_line() -> None:
    ledger = fold([*YEAR, REQUEST])
    assert ledger.tickets() == {("7", REQUEST.time, "b1 A email")}
    assert ledger.timeline()["7", Line("crm.ticket.opened.v1", REQUEST.time, "b1 A email")] == 1


def test_a_sale_sent_again_under_another_id_counts_once() -> None:
    again = SALE.under("s1-again", SALE.arrives + timedelta(days=1))
    assert rows(fold([SALE, again])) == rows(fold([SALE]))


def rows(ledger: Ledger) -> tuple[object, ...]:
    return ledger.totals(), stages(ledger, NOON), ledger.timeline(), ledger.tickets(), ledger.days()


@given(st.permutations(YEAR), st.lists(st.sampled_from(YEAR)))
def test_neither_order_nor_repetition_changes_a_row(order: list[Fact], repeated: list[Fact]) -> None:
    assert rows(fold([*order, *repeated])) == rows(fold(YEAR))

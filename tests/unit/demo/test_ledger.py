from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st

from demo.oracle.ledger import Day, Ledger, Line, Totals, fold
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


def test_stages_are_entered_by_the_first_fact_of_their_kind() -> None:
    assert fold(YEAR).stages() == {
        ("7", "discovery"): CONSENT.time,
        ("7", "purchase"): SALE.time,
        ("7", "post_purchase"): REQUEST.time,
    }


def test_a_later_survey_opens_discovery_and_post_purchase_where_nothing_came_before() -> None:
    survey = fact("survey.answered", "v", 5, {"survey": "csat", "value": 3})
    assert fold([SALE, survey]).stages() == {
        ("7", "purchase"): SALE.time,
        ("7", "discovery"): survey.time,
        ("7", "post_purchase"): survey.time,
    }


def test_a_refund_belongs_to_its_sale_and_opens_no_stage() -> None:
    assert fold([SALE, REFUND]).stages() == {("7", "purchase"): SALE.time}


def test_a_request_before_the_first_sale_is_no_post_purchase() -> None:
    early = fact("support.requested", "q0", -3, {"channel": "email", "subject": "?"})
    assert fold([early, SALE]).stages() == {("7", "discovery"): early.time, ("7", "purchase"): SALE.time}


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
    return ledger.totals(), ledger.stages(), ledger.timeline(), ledger.tickets(), ledger.days()


@given(st.permutations(YEAR), st.lists(st.sampled_from(YEAR)))
def test_neither_order_nor_repetition_changes_a_row(order: list[Fact], repeated: list[Fact]) -> None:
    assert rows(fold([*order, *repeated])) == rows(fold(YEAR))

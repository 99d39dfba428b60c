import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, strategies as st

from services.contacts import handlers
from services.contacts.subscriptions import timeline
from services.contacts.timeline.domain import Total, fold_messages, fold_tickets, fold_totals, lines_of
from shared.engine.event import Event
from shared.events.campaigns import EnrolmentStarted, MessagePlanned, MessageSkipped, MessageUnknown
from shared.events.contract import contract_of, contracts
from shared.events.money import Money
from shared.events.sales import ProductChosen, SaleCompleted, SaleRefunded
from shared.events.tickets import TicketOpened, TicketReopened, TicketStatusChanged
from shared.events.values import Line

__all__ = ["handlers"]  # importing them registers what the timeline hears

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARTY = UUID(int=1)
FACT: dict[str, Any] = {"party_id": PARTY, "party_version": 1, "recorded_at": NOW, "origin": "/shop"}


def event(data: Any, hours: int = 0, id_: str = "e") -> Event[Any]:
    contract = contract_of(type(data))
    at = NOW + timedelta(hours=hours)
    return Event(
        id_, contract.type, "/contacts", at, NOW, contract.topic, 0, 0, str(PARTY).encode(), "flow", None, data
    )


def sale(minor: int, currency: str = "DKK") -> SaleCompleted:
    money = Money(minor=minor, currency=currency)
    return SaleCompleted(
        sale_id="s", channel="web", total=money, lines=[Line(sku="A", quantity=2, unit_price=money)], **FACT
    )


def refund(minor: int, currency: str = "DKK") -> SaleRefunded:
    return SaleRefunded(sale_id="s", total=Money(minor=minor, currency=currency), **FACT)


def test_a_line_tells_what_happened_without_what_stands_in_its_columns() -> None:
    [line] = lines_of([event(sale(500), hours=2)])
    assert line[:6] == (PARTY, NOW + timedelta(hours=2), NOW, "e", "crm.sale.completed.v1", "/contacts")
    assert json.loads(line.summary) == {
        "sale_id": "s",
        "channel": "web",
        "total": {"minor": 500, "currency": "DKK"},
        "lines": [{"sku": "A", "quantity": 2}],
        "origin": "/shop",
    }


def test_every_event_about_a_party_is_heard() -> None:
    """A type that comes later has to be named in the handler; this is what reminds of it."""
    for topic in ("crm.contacts", "crm.sales", "crm.campaigns", "crm.tickets", "crm.agreements"):
        about_parties = {entry.type for entry in contracts() if entry.topic == topic and entry.key == "party_id"}
        heard = set(timeline.topics[topic].contracts) if topic in timeline.topics else set()
        assert heard == about_parties


def test_totals_are_kept_per_currency_and_refunds_apart() -> None:
    chosen = ProductChosen(sku="A", channel="web", intent="viewed", **FACT)
    found = fold_totals(
        [event(sale(500), 3), event(sale(300), 1), event(refund(200), 4), event(sale(7, "EUR")), event(chosen)]
    )
    assert found == {
        (PARTY, "DKK"): Total(2, 800, 1, 200, NOW + timedelta(hours=1), NOW + timedelta(hours=3)),
        (PARTY, "EUR"): Total(1, 7, 0, 0, NOW, NOW),
    }


MOVES = st.lists(st.tuples(st.booleans(), st.integers(0, 100), st.sampled_from(["DKK", "EUR"]), st.integers(0, 9)))


@given(MOVES, st.randoms(use_true_random=False))
def test_totals_do_not_depend_on_order(moves: list[tuple[bool, int, str, int]], dice: Any) -> None:
    events = [event((sale if sold else refund)(minor, currency), hours) for sold, minor, currency, hours in moves]
    before = fold_totals(events)
    dice.shuffle(events)
    assert fold_totals(events) == before


MESSAGE: dict[str, Any] = {
    "message_id": uuid5(PARTY, "m"),
    "enrolment_id": uuid5(PARTY, "e"),
    "party_id": PARTY,
    "campaign": "thanks",
    "campaign_version": 1,
    "step": 1,
    "channel": "email",
    "trigger_event_id": "t",
    "due_at": NOW,
    "recorded_at": NOW,
}


def test_a_message_stands_where_it_was_last_and_no_campaign_is_no_message() -> None:
    started = EnrolmentStarted(
        enrolment_id=uuid5(PARTY, "e"),
        party_id=PARTY,
        campaign="thanks",
        campaign_version=1,
        trigger_event_id="t",
        follow_up=True,
        recorded_at=NOW,
    )
    nothing = MessageSkipped(party_id=PARTY, trigger_event_id="t", reason="no_campaign", recorded_at=NOW)
    skipped = MessageSkipped(reason="no_consent", **MESSAGE)
    assert fold_messages([event(started), event(nothing)]) == {}
    [message] = fold_messages([event(MessagePlanned(**MESSAGE)), event(skipped, 2)]).values()
    assert (message.state, message.reason, message.changed_at) == ("skipped", "no_consent", NOW + timedelta(hours=2))
    [message] = fold_messages([event(MessageUnknown(**MESSAGE))]).values()
    assert (message.state, message.reason) == ("unknown", None)


def test_a_ticket_keeps_what_its_opening_told() -> None:
    ticket: dict[str, Any] = {
        "ticket_id": uuid5(PARTY, "t"),
        "party_id": PARTY,
        "request_event_id": "r",
        "recorded_at": NOW,
    }
    opened = event(TicketOpened(number=7, channel="email", has_text=True, **ticket))
    closed = event(TicketStatusChanged(previous="new", status="closed", version=2, **ticket), 5)
    reopened = event(TicketReopened(**ticket), 6)

    [both] = fold_tickets([opened, closed, reopened]).values()
    assert (both.number, both.status, both.opened_at, both.changed_at) == (7, "closed", NOW, NOW + timedelta(hours=5))
    [later] = fold_tickets([closed]).values()
    assert (later.number, later.status, later.opened_at) == (None, "closed", None)

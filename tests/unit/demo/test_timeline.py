from datetime import UTC, datetime, timedelta

import pytest

from demo.oracle.campaigns import Campaign, Message, MessageKey
from demo.oracle.ledger import TICKET, TIMELESS, Ledger, Line, Sale
from demo.oracle.timeline import lines_of_services, timeline_line

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MEALS = Campaign("meals", True, 5, True, 7 * DAY, frozenset(), frozenset(), "any", (DAY, DAY))
KEY = ("/shop", "b")


def ledger() -> Ledger:
    found = Ledger()
    sale = Sale(KEY, "7", NOON, NOON, "web", 5, "USD", {})
    found.sales[KEY] = sale
    found.customers["7"].sales.append(sale)
    return found


def test_a_skipped_first_step_is_planned_skipped_and_left() -> None:
    due = NOON + DAY
    messages = {MessageKey(*KEY, "meals", 1): Message(due, "refunded")}
    name = f"b meals 1 {due.isoformat()}"
    assert set(lines_of_services(ledger(), messages, [MEALS], NOON)) == {
        ("7", Line("crm.party.registered.v1", TIMELESS, "")),
        ("7", Line("crm.lifecycle.changed.v1", NOON, "purchase")),
        ("7", Line("crm.enrolment.started.v1", TIMELESS, "b meals")),
        ("7", Line("crm.message.planned.v1", TIMELESS, name)),
        ("7", Line("crm.message.skipped.v1", TIMELESS, f"{name} refunded")),
        ("7", Line("crm.enrolment.exited.v1", TIMELESS, "b meals refunded")),
    }


@pytest.mark.parametrize("outcome", ["sent", "unknown"])
def test_a_first_step_that_may_have_been_sent_is_not_left(outcome: str) -> None:
    due = NOON + DAY
    found = lines_of_services(ledger(), {MessageKey(*KEY, "meals", 1): Message(due, outcome)}, [MEALS], NOON)
    assert found["7", Line(f"crm.message.{outcome}.v1", TIMELESS, f"b meals 1 {due.isoformat()}")] == 1
    assert not [line for _, line in found if line.type == "crm.enrolment.exited.v1"]


def test_a_line_of_the_timeline_reads_as_the_ledger_writes_it() -> None:
    due = NOON + DAY
    messages = {MessageKey(*KEY, "meals", 2): Message(due, "no_consent")}
    summary = {"trigger_event_id": "e1", "campaign": "meals", "step": 2, "due_at": "2017-03-02T12:00:00Z"}
    skipped = timeline_line("crm.message.skipped.v1", due, {**summary, "reason": "no_consent"}, {"e1": "b"})
    planned = timeline_line("crm.message.planned.v1", due, summary, {"e1": "b"})
    expected = lines_of_services(ledger(), messages, [MEALS], NOON)
    assert ("7", skipped) in expected
    assert ("7", planned) in expected


def test_a_sale_that_nothing_matched_has_one_line() -> None:
    expected = lines_of_services(ledger(), {MessageKey(*KEY, "", 0): Message(None, "no_campaign")}, [MEALS], NOON)
    summary = {"trigger_event_id": "e1", "reason": "no_campaign"}
    assert ("7", timeline_line("crm.message.skipped.v1", NOON, summary, {"e1": "b"})) in expected


def test_each_request_is_triaged_and_promised_something_once() -> None:
    asked = ledger()
    asked.customers["7"].lines += [Line(TICKET, NOON, "b"), Line(TICKET, NOON + DAY, "")]
    triaged = timeline_line("crm.ticket.triaged.v1", NOON, {"ticket_id": "t1", "category": "delivery"}, {})
    applied = timeline_line("crm.sla.applied.v1", NOON, {"ticket_id": "t1", "policy": "default"}, {})
    assert triaged is not None
    assert applied is not None
    found = lines_of_services(asked, {}, [], NOON)
    assert (found["7", triaged], found["7", applied]) == (2, 2)


def test_updates_of_a_profile_are_not_counted() -> None:
    assert timeline_line("crm.party.updated.v1", NOON, {"fields": ["name"]}, {}) is None

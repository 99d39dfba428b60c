from datetime import date

from services.forecasting.activity.domain import count_messages, count_tickets
from shared.events.campaigns import MessageSent, MessageUnknown
from shared.ids import derived_id
from tests.unit.forecasting.facts import ADA, at, event, skipped, ticket

DAY = date(2026, 3, 2)


def test_each_decided_message_counts_once_by_its_outcome() -> None:
    fields = {
        "message_id": derived_id("message"),
        "enrolment_id": derived_id("enrolment"),
        "party_id": ADA,
        "campaign": "thanks",
        "campaign_version": 1,
        "step": 1,
        "channel": "email",
        "trigger_event_id": "s-1",
        "due_at": at("2026-03-02"),
        "recorded_at": at("2026-03-02"),
    }
    events = [
        event("crm.campaigns", model(**fields), at("2026-03-02"), number)
        for number, model in enumerate((MessageSent, MessageSent, MessageUnknown))
    ]

    assert count_messages([*events, skipped("m-1", "2026-03-02")]) == {
        (DAY, "thanks", "sent", 0): 2,
        (DAY, "thanks", "unknown", 0): 1,
        (DAY, "", "no_campaign", 0): 1,
    }


def test_tickets_count_on_the_day_they_were_opened() -> None:
    assert count_tickets([ticket("t-1", "2026-03-02"), ticket("t-2", "2026-03-02")]) == {(DAY, "email", 0): 2}

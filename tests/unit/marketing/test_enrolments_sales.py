"""A sale becomes enrolments and first messages."""

from dataclasses import replace

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.enrolments.domain.enrolment import Enrolled, enrol
from services.marketing.enrolments.domain.sale import sale_of
from shared.events.campaigns import EnrolmentExited, EnrolmentStarted, MessagePlanned, MessageSkipped
from shared.ids import derived_id
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition, sale

THANKS = Campaign(definition(), 3)


def told(followed: Enrolled) -> list[type]:
    return [type(emission.data) for emission in followed.emissions]


def test_matching_sale_starts_one_enrolment_and_plans_its_first_message() -> None:
    sold = sale("s-1")
    followed = enrol([sold], [THANKS], {})

    (enrolment,), (message,) = followed.enrolments, followed.messages
    assert enrolment.id == derived_id("thanks", sold.id)
    assert message.id == derived_id(enrolment.id, 1, "email")
    assert (message.due_at, message.ending, enrolment.version) == (NOW + HOUR, None, 3)
    assert followed.timers == [(message.id, sold.partition, NOW + HOUR)]
    assert told(followed) == [EnrolmentStarted, MessagePlanned]
    assert all(emission.cause is sold and emission.partition == sold.partition for emission in followed.emissions)


def test_same_sale_leads_to_the_same_ids_every_time() -> None:
    sold = sale("s-1")
    assert enrol([sold], [THANKS], {}) == enrol([sold], [THANKS], {})


def test_each_campaign_enrols_a_sale_by_itself() -> None:
    news = Campaign(definition("news", follow_up=False), 1)
    followed = enrol([sale("s-1")], [THANKS, news], {})
    assert [enrolment.campaign for enrolment in followed.enrolments] == ["thanks", "news"]
    assert len({message.id for message in followed.messages}) == 2


def test_sale_without_a_follow_up_is_skipped_once_beside_other_campaigns() -> None:
    sold = sale("s-1")
    news = Campaign(definition("news", follow_up=False), 1)
    followed = enrol([sold], [news], {})
    assert told(followed) == [EnrolmentStarted, MessagePlanned, MessageSkipped]
    skipped = followed.emissions[-1].data
    assert skipped == MessageSkipped(party_id=ADA, trigger_event_id=sold.id, reason="no_campaign", recorded_at=NOW)
    assert [message.campaign for message in followed.messages] == ["news", None]


def test_sale_that_was_reported_too_late_is_planned_and_ends_as_expired() -> None:
    old = sale("s-1", at=NOW - 7 * DAY - HOUR)
    followed = enrol([old], [THANKS], {})
    assert told(followed) == [EnrolmentStarted, MessagePlanned, MessageSkipped]
    skipped = followed.emissions[-1].data
    assert isinstance(skipped, MessageSkipped)
    assert (skipped.reason, skipped.deciding_event_ids) == ("expired", [old.id])
    assert followed.timers == []
    assert followed.messages[0].ending is not None


def test_enrolment_of_several_steps_that_expires_is_told_to_have_ended() -> None:
    steps = [*definition().document()["steps"]] * 2
    followed = enrol([sale("s-1", at=NOW - 7 * DAY - HOUR)], [Campaign(definition(steps=steps), 1)], {})
    assert told(followed) == [EnrolmentStarted, MessagePlanned, MessageSkipped, EnrolmentExited]
    exited = followed.emissions[-1].data
    assert isinstance(exited, EnrolmentExited)
    assert (exited.enrolment_id, exited.reason) == (followed.enrolments[0].id, "expired")


def test_age_of_exactly_the_limit_is_young_enough() -> None:
    assert enrol([sale("s-1", at=NOW - 7 * DAY)], [THANKS], {}).timers


def test_products_of_a_sale_stand_once_each_the_dearest_first() -> None:
    sold = sale("s-1", skus=("A", "B", "A"))
    lines = [
        replace(line, unit_price=replace(line.unit_price, minor=price))
        for line, price in zip(sold.data.lines, (1, 9, 2), strict=True)
    ]
    sold.data = replace(sold.data, lines=lines)
    assert sale_of(sold).skus == ["B", "A"]

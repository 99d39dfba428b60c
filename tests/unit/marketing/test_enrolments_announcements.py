"""How the end of a message is told."""

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.enrolments.domain.announcements import announce_ended
from services.marketing.enrolments.domain.enrolment import enrol
from services.marketing.enrolments.domain.message import Ending, Message
from shared.events.campaigns import MessageSent, MessageUnknown
from tests.unit.marketing.facts import DAY, NOW, definition, sale

SALE = sale("s-1")


def planned() -> Message:
    (message,) = enrol([SALE], [Campaign(definition(), 1)], {}).messages
    return message


def test_sent_names_the_consent_that_allowed_it() -> None:
    message = planned()
    emission = announce_ended(message, Ending("sent", NOW + DAY, consent_event_id="yes"), SALE, SALE.partition)
    assert isinstance(emission.data, MessageSent)
    assert (emission.data.consent_event_id, emission.data.message_id) == ("yes", message.id)
    assert (emission.time, emission.data.recorded_at, emission.data.due_at) == (NOW + DAY, NOW + DAY, message.due_at)


def test_unknown_is_told_as_such() -> None:
    emission = announce_ended(planned(), Ending("unknown", NOW), SALE, SALE.partition)
    assert isinstance(emission.data, MessageUnknown)
    assert emission.data.trigger_event_id == SALE.id

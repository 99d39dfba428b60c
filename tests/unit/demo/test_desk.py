from datetime import UTC, date, datetime, timedelta

import pytest

from demo.oracle.desk import FILE, hours, is_open, outcomes, worked
from demo.oracle.ledger import Ticket
from demo.world.staff import STAFF, answer
from services.support.sla.domain.calendar import is_working, working_between
from services.support.sla.worker import load_promises

MONDAY = datetime(2017, 3, 6, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_desk_is_closed_on_holidays_and_sundays_and_at_night() -> None:
    assert is_open("office", MONDAY)
    assert not is_open("lates", MONDAY)
    assert not is_open("office", MONDAY - timedelta(hours=9))
    assert not is_open("office", MONDAY - DAY)
    assert list(hours("office", date(2017, 4, 17))) == []  # Easter Monday in Denmark


def test_working_time_is_what_support_takes_for_it() -> None:
    """Through both changes of the clocks of the year."""
    calendars = load_promises(FILE).calendars
    for turn in range(0, 360, 7):
        since = datetime(2017, 1, 3, 13, 20, tzinfo=UTC) + turn * DAY
        until = since + timedelta(days=turn % 11, hours=turn % 5)
        for name, calendar in calendars.items():
            assert worked(name, since, until) == working_between(calendar, since, until), (name, since, until)
            assert is_open(name, since) == is_working(calendar, since)


@pytest.mark.parametrize(
    ("answered", "resolved", "told"),
    [
        (timedelta(hours=1), timedelta(hours=2), ["first_response met", "resolution met"]),
        (7 * DAY, 7 * DAY, ["first_response breached", "first_response warned", "resolution met"]),
        (None, None, ["first_response breached", "first_response warned", "resolution breached", "resolution warned"]),
    ],
)
def test_what_is_told_of_promises(answered: timedelta | None, resolved: timedelta | None, told: list[str]) -> None:
    ticket = Ticket(MONDAY, "basket-1")
    ticket.answered_at = MONDAY + answered if answered else None
    ticket.resolved_at = MONDAY + resolved if resolved else None
    assert outcomes(ticket, "normal", MONDAY + 60 * DAY) == told


def test_agents_are_different_and_answers_the_same_each_time() -> None:
    assert len({agent.id for agent in STAFF}) == len(STAFF)
    answers = [answer(2017, f"basket-{number}") for number in range(400)]
    assert answers == [answer(2017, f"basket-{number}") for number in range(400)]
    assert {each.resolves for each in answers} == {True, False}
    assert {each.rating for each in answers} == {None, 1, 2, 3, 4, 5}

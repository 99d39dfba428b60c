from typing import get_args

import pytest
from hypothesis import given, strategies as st

from services.support.tickets.domain.status import MOVES, IllegalMove
from services.support.tickets.domain.ticket import StatusChange, Ticket, move, write
from shared.events.tickets import (
    TicketNoted,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
)
from tests.unit.support.builders import NOON, party_id

REPLY = party_id(77)
STATUSES: tuple[TicketStatus, ...] = get_args(TicketStatus)


def ticket(status: TicketStatus = "open", version: int = 3) -> Ticket:
    return Ticket(party_id(5), party_id(1), "request-1", status, version)


def test_a_move_is_published_with_the_version_it_led_to() -> None:
    changed = move(ticket("open"), "pending", "staff-12", NOON)
    assert changed.ticket == ticket("pending", 4)
    assert changed.step == StatusChange("open", "pending", "staff-12")
    (emission,) = changed.emissions
    assert emission.time == NOON
    assert emission.data == TicketStatusChanged(
        ticket_id=party_id(5),
        party_id=party_id(1),
        request_event_id="request-1",
        recorded_at=NOON,
        previous="open",
        status="pending",
        version=4,
        agent="staff-12",
    )


def test_resolving_says_so_after_the_change_of_status() -> None:
    kinds = [type(each.data) for each in move(ticket("pending"), "resolved", "staff-12", NOON).emissions]
    assert kinds == [TicketStatusChanged, TicketResolved]


@pytest.mark.parametrize("settled", ["resolved", "closed"])
def test_reopening_says_so_after_the_change_of_status(settled: TicketStatus) -> None:
    kinds = [type(each.data) for each in move(ticket(settled), "open", None, NOON).emissions]
    assert kinds == [TicketStatusChanged, TicketReopened]


def test_an_illegal_move_is_refused() -> None:
    with pytest.raises(IllegalMove):
        move(ticket("new"), "closed", "staff-12", NOON)


def test_the_first_reply_opens_a_new_ticket() -> None:
    changed = write(ticket("new", 1), REPLY, "reply", "staff-12", NOON)
    assert changed.ticket == ticket("open", 2)
    assert changed.step == StatusChange("new", "open", "staff-12")
    assert [type(each.data) for each in changed.emissions] == [TicketReplied, TicketStatusChanged]


@pytest.mark.parametrize("status", ["open", "pending", "resolved"])
def test_a_later_reply_leaves_the_status(status: TicketStatus) -> None:
    changed = write(ticket(status, 2), REPLY, "reply", "staff-12", NOON)
    assert changed.ticket == ticket(status, 3)
    assert changed.step is None
    (emission,) = changed.emissions
    assert isinstance(emission.data, TicketReplied)
    assert (emission.data.reply_id, emission.data.author, emission.data.agent) == (REPLY, "agent", "staff-12")


def test_a_closed_ticket_takes_no_reply() -> None:
    with pytest.raises(IllegalMove, match="set its status to open first") as refused:
        write(ticket("closed"), REPLY, "reply", "staff-12", NOON)
    assert refused.value.state == {"status": "closed", "allowed": ["open"]}


@pytest.mark.parametrize("status", STATUSES)
def test_a_note_is_always_possible_and_never_a_reply(status: TicketStatus) -> None:
    changed = write(ticket(status), REPLY, "note", "staff-12", NOON)
    assert changed.ticket == ticket(status, 4)
    assert changed.step is None
    (emission,) = changed.emissions
    assert isinstance(emission.data, TicketNoted)
    assert emission.data.note_id == REPLY


@given(st.lists(st.sampled_from(STATUSES), max_size=20))
def test_versions_count_the_moves_and_the_last_event_is_the_state(wanted: list[TicketStatus]) -> None:
    """Whatever agents try, the events published tell the ticket's state and leave no version out."""
    now = ticket("new", 1)
    told: list[TicketStatusChanged] = []
    for status in wanted:
        if status not in MOVES[now.status]:
            continue
        changed = move(now, status, None, NOON)
        told += [each.data for each in changed.emissions if isinstance(each.data, TicketStatusChanged)]
        now = changed.ticket
    assert [each.version for each in told] == list(range(2, now.version + 1))
    assert ["new", *(each.status for each in told)][-1] == now.status
    assert [each.previous for each in told] == ["new", *(each.status for each in told)][:-1]

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from services.support.tickets.domain.status import STATES, IllegalMove
from services.support.tickets.domain.ticket import (
    Pending,
    StatusChange,
    Ticket,
    merge,
    move,
    receive,
    split,
    unmerge,
    write,
)
from shared.events.tickets import (
    TicketMerged,
    TicketNoted,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketSplit,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
    Waiting,
)
from tests.unit.support.builders import NOON, party_id, requested

REPLY = party_id(77)
STATUSES: tuple[TicketStatus, ...] = get_args(TicketStatus)


def ticket(status: TicketStatus = "open", version: int = 3) -> Ticket:
    return Ticket(party_id(5), party_id(1), "request-1", status, version)


def test_a_move_is_published_with_the_version_it_led_to() -> None:
    changed = move(ticket("open"), "pending", "staff-12", NOON)
    assert changed.ticket == replace(ticket("pending", 4), waits_for="customer")
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
        waits_for="customer",
    )


def test_a_ticket_that_waits_says_for_what_and_forgets_it_when_it_goes_on() -> None:
    tomorrow = NOON + timedelta(days=1)
    waiting = move(ticket("open"), "pending", "staff-12", NOON, Pending("until", tomorrow)).ticket
    assert (waiting.waits_for, waiting.until) == ("until", tomorrow)
    resolved = move(waiting, "resolved", "staff-12", NOON).ticket
    assert (resolved.waits_for, resolved.until, resolved.settled_at) == (None, None, NOON)


def test_resolving_says_so_after_the_change_of_status() -> None:
    kinds = [type(each.data) for each in move(ticket("pending"), "resolved", "staff-12", NOON).emissions]
    assert kinds == [TicketStatusChanged, TicketResolved]


@pytest.mark.parametrize("settled", ["resolved", "closed"])
def test_reopening_says_so_after_the_change_of_status(settled: TicketStatus) -> None:
    kinds = [type(each.data) for each in move(ticket(settled), "reopened", None, NOON).emissions]
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


@pytest.mark.parametrize("status", ["closed", "merged", "spam"])
def test_what_nobody_follows_up_takes_no_reply(status: TicketStatus) -> None:
    with pytest.raises(IllegalMove, match="takes no replies") as refused:
        write(ticket(status), REPLY, "reply", "staff-12", NOON)
    assert refused.value.state == {"status": status, "allowed": list(STATES[status].moves)}


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
        if status not in STATES[now.status].moves:
            continue
        changed = move(now, status, None, NOON)
        told += [each.data for each in changed.emissions if isinstance(each.data, TicketStatusChanged)]
        now = changed.ticket
    assert [each.version for each in told] == list(range(2, now.version + 1))
    assert ["new", *(each.status for each in told)][-1] == now.status
    assert [each.previous for each in told] == ["new", *(each.status for each in told)][:-1]


@pytest.mark.parametrize(
    ("status", "waits_for", "expected"),
    [
        ("new", None, "new"),
        ("open", None, "open"),
        ("pending", "customer", "open"),
        ("pending", "until", "open"),
        ("pending", "internal", "pending"),
        ("resolved", None, "reopened"),
        ("closed", None, "reopened"),
        ("reopened", None, "reopened"),
        ("spam", None, "spam"),
    ],
)
def test_a_message_of_the_customer_takes_the_ticket_where_the_machine_says(
    status: TicketStatus, waits_for: Waiting | None, expected: TicketStatus
) -> None:
    event = requested(event_id="again")
    changed = receive(replace(ticket(status), waits_for=waits_for), REPLY, event, has_text=True)
    assert (changed.ticket.status, changed.ticket.version) == (expected, 4)
    assert (changed.step is not None) == (expected != status)
    replied = changed.emissions[0].data
    assert isinstance(replied, TicketReplied)
    assert (replied.author, replied.message_event_id, replied.agent) == ("customer", "again", None)
    kinds = [type(each.data) for each in changed.emissions[1:]]
    assert (TicketReopened in kinds) == (expected == "reopened" and status != "reopened")


def test_a_merged_ticket_goes_on_in_the_other_and_by_itself_again() -> None:
    target = replace(ticket("open"), id=party_id(6))
    merged = merge(ticket("pending"), target, "staff-12", NOON)
    assert (merged.ticket.status, merged.ticket.merged_into) == ("merged", target.id)
    assert [type(each.data) for each in merged.emissions] == [TicketStatusChanged, TicketMerged]
    alone = unmerge(merged.ticket, "staff-12", NOON)
    assert (alone.ticket.status, alone.ticket.merged_into) == ("open", None)
    assert [type(each.data) for each in alone.emissions] == [TicketStatusChanged, TicketUnmerged]
    with pytest.raises(IllegalMove):
        unmerge(alone.ticket, "staff-12", NOON)


@pytest.mark.parametrize("status", ["merged", "spam"])
def test_nothing_is_merged_into_or_split_off_what_is_no_ticket_of_its_own(status: TicketStatus) -> None:
    with pytest.raises(IllegalMove):
        merge(ticket("open"), replace(ticket(status), id=party_id(6)), "staff-12", NOON)
    with pytest.raises(IllegalMove):
        split(ticket(status), party_id(6), [REPLY], "staff-12", NOON)


def test_a_split_names_what_went_where() -> None:
    (told,) = split(ticket("open"), party_id(6), [REPLY], "staff-12", NOON).emissions
    assert isinstance(told.data, TicketSplit)
    assert (told.data.into, told.data.replies) == (party_id(6), (REPLY,))

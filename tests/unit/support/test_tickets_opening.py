from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.support.tickets.domain.opening import Opening, announce_opening, ticket_id
from services.support.tickets.domain.threads import Joining, Known, Thread, sort_requests, suggests_split, threads_of
from services.support.tickets.domain.ticket import Ticket
from shared.engine.event import Event
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened, TicketStatus
from shared.events.values import Channel
from tests.unit.support.builders import NOON, party_id, requested

NOTHING = Known({}, {}, {})
POLICY: Mapping[Channel, timedelta] = {"email": timedelta(days=14)}


def taken(
    *events: Event[SupportRequested], known: Known = NOTHING, erased: frozenset[UUID] = frozenset()
) -> list[Opening | Joining]:
    return sort_requests(events, count(10), known, erased, POLICY)


def standing(status: TicketStatus = "open", *, settled_at: datetime | None = None, party: int = 1) -> Known:
    """One ticket, of the thread <m1>."""
    ticket = Ticket(party_id(90), party_id(party), "request-0", status, 3, settled_at=settled_at)
    return Known({(party_id(party), "<m1>"): ticket.id}, {ticket.id: (3, ticket)}, {})


def test_each_request_becomes_one_ticket_in_order() -> None:
    tickets = taken(requested(event_id="a"), requested(party=2, event_id="b"))
    assert [(each.number, each.event.id, each.body) for each in tickets if isinstance(each, Opening)] == [
        (10, "a", "It is dark."),
        (11, "b", "It is dark."),
    ]


def test_the_same_request_makes_the_same_ticket_and_the_same_message() -> None:
    assert ticket_id(requested(event_id="a")) == ticket_id(requested(event_id="a"))
    assert ticket_id(requested(event_id="a")) != ticket_id(requested(event_id="b"))
    event = requested(event_id="a", thread="<m1>")
    (first,), (again,) = taken(event, known=standing()), taken(event, known=standing())
    assert first == again


def test_a_message_joins_the_ticket_of_its_thread_and_so_does_what_answers_it() -> None:
    first, second, third = taken(
        requested(event_id="a", thread="<m1>"),
        requested(event_id="b", thread="<m2>", in_reply_to="<m1>"),
        requested(event_id="c", thread="<m3>", in_reply_to="<m2>"),
    )
    assert isinstance(first, Opening)
    assert isinstance(second, Joining)
    assert isinstance(third, Joining)
    assert {second.changed.ticket.id, third.changed.ticket.id} == {first.id}
    assert third.changed.ticket.version == 3


@pytest.mark.parametrize(
    ("status", "days", "joins"),
    [
        ("open", None, True),
        ("spam", None, True),
        ("merged", None, False),
        ("resolved", 13, True),
        ("resolved", 14, False),
        ("closed", 13, True),
        ("closed", 15, False),
    ],
)
def test_a_settled_ticket_is_reopened_within_the_days_of_its_channel_and_followed_after(
    status: TicketStatus, days: int | None, joins: bool
) -> None:
    event = requested(thread="<m1>")
    known = standing(status, settled_at=None if days is None else event.now - timedelta(days=days))
    (become,) = taken(event, known=known)
    if joins:
        assert isinstance(become, Joining)
    else:
        assert isinstance(become, Opening)
        assert become.follows == party_id(90)


def test_a_channel_without_a_policy_opens_a_new_ticket() -> None:
    event = requested(thread="<m1>")
    event.data = replace(event.data, channel="phone")
    (become,) = taken(event, known=standing("resolved", settled_at=event.now))
    assert isinstance(become, Opening)


def test_of_two_threads_the_newest_ticket_wins() -> None:
    older, newer = (Ticket(party_id(number), party_id(1), "r", "open", 1) for number in (90, 80))
    known = Known(
        {(party_id(1), "<m1>"): older.id, (party_id(1), "<m2>"): newer.id},
        {older.id: (3, older), newer.id: (7, newer)},
        {},
    )
    (become,) = taken(requested(thread="<m1>", in_reply_to="<m2>"), known=known)
    assert isinstance(become, Joining)
    assert become.changed.ticket.id == newer.id


def test_another_customer_with_the_same_thread_is_never_joined() -> None:
    """A newsletter that two people answer makes two tickets."""
    first, stranger = taken(requested(thread="<m1>"), requested(party=2, event_id="b", in_reply_to="<m1>"))
    assert isinstance(stranger, Opening)
    assert isinstance(first, Opening)
    assert stranger.follows is None


def test_a_party_that_was_merged_goes_on_in_the_tickets_of_its_other_self() -> None:
    known = replace(standing(party=2), families={party_id(1): [party_id(1), party_id(2)]})
    (become,) = taken(requested(thread="<m1>"), known=known)
    assert isinstance(become, Joining)
    assert become.changed.ticket.party_id == party_id(2)


def test_threads_asked_for_are_named_once_and_never_empty() -> None:
    assert threads_of(requested(thread="<m1>", in_reply_to="<m1>").data) == [(party_id(1), "<m1>")]
    assert threads_of(requested(thread="").data) == []


@pytest.mark.parametrize("known", [NOTHING, standing()])
def test_a_request_of_an_erased_party_keeps_no_text(known: Known) -> None:
    (become,) = taken(requested(thread="<m1>"), known=known, erased=frozenset({party_id(1)}))
    assert (become.subject, become.body) == (None, None)


@pytest.mark.parametrize(
    ("subject", "of_ticket", "expected"),
    [
        ("Re: Lamp", "Lamp", False),
        ("SV: Re: [2]: lamp ", "Lamp", True),
        ("Sv: RE: Fwd: LAMP", "re: Lamp", False),
        ("AW:Lamp", "Lamp", False),
        ("My invoice", "Lamp", True),
        ("Relamp", "Lamp", True),
        (None, "Lamp", False),
        ("Lamp", None, False),
    ],
)
def test_another_subject_suggests_a_split(subject: str | None, of_ticket: str | None, expected: bool) -> None:
    assert suggests_split(subject, of_ticket) is expected


def test_the_topic_learns_that_there_is_a_text_but_not_what_it_says() -> None:
    event = requested()
    (ticket,) = taken(event)
    assert isinstance(ticket, Opening)
    emission = announce_opening(ticket)
    assert emission.time == event.time
    assert emission.cause is event
    assert isinstance(emission.data, TicketOpened)
    assert emission.data.has_text
    assert emission.data.recorded_at == event.now
    assert "dark" not in repr(emission.data)


def test_a_request_without_text_says_so() -> None:
    (ticket,) = taken(requested(subject="", body=""))
    assert isinstance(ticket, Opening)
    data = announce_opening(ticket).data
    assert isinstance(data, TicketOpened)
    assert not data.has_text


names = st.sampled_from([None, "<m1>", "<m2>"])
requests = st.lists(st.builds(requested, st.integers(1, 3), thread=names, in_reply_to=names), max_size=10)


@given(requests, st.integers(0, 10))
def test_cutting_a_batch_anywhere_changes_nothing(events: list[Event[SupportRequested]], cut: int) -> None:
    """The engine may split a batch: what the first half left is what the second half finds stored."""
    for number, event in enumerate(events):
        event.id = f"request-{number}"
    whole = sort_requests(events, count(1), NOTHING, frozenset(), POLICY)
    first = sort_requests(events[:cut], count(1), NOTHING, frozenset(), POLICY)
    opened = sum(isinstance(each, Opening) for each in first)
    second = sort_requests(events[cut:], count(opened + 1), _stored(first), frozenset(), POLICY)
    assert [*first, *second] == whole


def _stored(become: Iterable[Opening | Joining]) -> Known:
    references: dict[Thread, UUID] = {}
    tickets: dict[UUID, tuple[int, Ticket]] = {}
    for each in become:
        ticket = each.ticket if isinstance(each, Opening) else each.changed.ticket
        number = each.number if isinstance(each, Opening) else tickets[ticket.id][0]
        tickets[ticket.id] = number, ticket
        if thread := each.event.data.thread:
            references[each.event.data.party_id, thread] = ticket.id
    return Known(references, tickets, {})


def test_a_message_is_recorded_when_it_was_handled() -> None:
    (become,) = taken(requested(thread="<m1>"), known=standing())
    assert isinstance(become, Joining)
    assert become.changed.emissions[0].time == NOON

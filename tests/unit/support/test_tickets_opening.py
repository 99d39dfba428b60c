from itertools import count
from uuid import UUID

from hypothesis import given, strategies as st

from services.support.tickets.domain.opening import (
    Opening,
    Thread,
    announce_opening,
    open_tickets,
    threads_of,
    ticket_id,
)
from shared.engine.event import Event
from shared.events.requests import SupportRequested
from shared.events.tickets import TicketOpened
from tests.unit.support.builders import party_id, requested


def opened(
    *events: Event[SupportRequested],
    threads: dict[Thread, tuple[int, UUID]] | None = None,
    erased: frozenset[UUID] = frozenset(),
) -> list[Opening]:
    return open_tickets(events, count(10), threads or {}, erased)


def test_each_request_becomes_one_ticket_in_order() -> None:
    tickets = opened(requested(event_id="a"), requested(party=2, event_id="b"))
    assert [(each.number, each.event.id, each.body) for each in tickets] == [
        (10, "a", "It is dark."),
        (11, "b", "It is dark."),
    ]


def test_the_same_request_makes_the_same_ticket() -> None:
    assert ticket_id(requested(event_id="a")) == ticket_id(requested(event_id="a"))
    assert ticket_id(requested(event_id="a")) != ticket_id(requested(event_id="b"))


def test_a_request_continues_the_ticket_of_its_thread() -> None:
    first, second, third = opened(
        requested(event_id="a", thread="<m1>"),
        requested(event_id="b", thread="<m2>", in_reply_to="<m1>"),
        requested(event_id="c", thread="<m2>"),
    )
    assert first.follows is None
    assert second.follows == first.id
    assert third.follows == second.id


def test_a_thread_that_is_known_already_is_continued_and_the_newest_ticket_wins() -> None:
    older, newer = party_id(90), party_id(80)
    threads = {(party_id(1), "<m1>"): (3, older), (party_id(1), "<m2>"): (7, newer)}
    (ticket,) = opened(requested(thread="<m1>", in_reply_to="<m2>"), threads=threads)
    assert ticket.follows == newer


def test_another_customer_with_the_same_thread_is_not_joined() -> None:
    _, stranger = opened(requested(thread="<m1>"), requested(party=2, event_id="b", in_reply_to="<m1>"))
    assert stranger.follows is None


def test_threads_asked_for_are_named_once_and_never_empty() -> None:
    assert threads_of(requested(thread="<m1>", in_reply_to="<m1>").data) == [(party_id(1), "<m1>")]
    assert threads_of(requested(thread="").data) == []


def test_a_request_of_an_erased_party_keeps_no_text() -> None:
    (ticket,) = opened(requested(), erased=frozenset({party_id(1)}))
    assert (ticket.subject, ticket.body) == (None, None)


def test_the_topic_learns_that_there_is_a_text_but_not_what_it_says() -> None:
    event = requested()
    (ticket,) = opened(event)
    emission = announce_opening(ticket)
    assert emission.time == event.time
    assert emission.cause is event
    assert isinstance(emission.data, TicketOpened)
    assert emission.data.has_text
    assert emission.data.recorded_at == event.now
    assert "dark" not in repr(emission.data)


def test_a_request_without_text_says_so() -> None:
    (ticket,) = opened(requested(subject="", body=""))
    data = announce_opening(ticket).data
    assert isinstance(data, TicketOpened)
    assert not data.has_text


names = st.sampled_from([None, "<m1>", "<m2>"])
requests = st.lists(st.builds(requested, st.integers(1, 3), thread=names, in_reply_to=names), max_size=10)


@given(requests, st.integers(0, 10))
def test_cutting_a_batch_anywhere_changes_no_link(events: list[Event[SupportRequested]], cut: int) -> None:
    """The engine may split a batch: what the first half opened is what the second half finds stored."""
    for number, event in enumerate(events):
        event.id = f"request-{number}"
    whole = open_tickets(events, count(1), {}, frozenset())
    first = open_tickets(events[:cut], count(1), {}, frozenset())
    stored = {
        (each.event.data.party_id, each.event.data.thread): (each.number, each.id)
        for each in first
        if each.event.data.thread
    }
    second = open_tickets(events[cut:], count(len(first) + 1), stored, frozenset())
    assert [*first, *second] == whole

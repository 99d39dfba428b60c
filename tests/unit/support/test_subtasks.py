"""Subtasks as their events tell them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from hypothesis import given, strategies as st

from services.support.subtasks.domain import Subtask, amend, announce, announce_overdue, fold, run_out
from services.support.tickets.domain.ticket import Ticket
from shared.events.subtasks import SubtaskStands

T = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICKET = Ticket(UUID(int=1), UUID(int=2), None, "open", 1)
times = st.none() | st.integers(0, 8).map(lambda hours: T + timedelta(hours=hours))
acts = st.one_of(
    st.just(None),
    times.map(lambda at: {"due_at": at}),
    st.sampled_from(["open", "done", "dropped"]).map(lambda status: {"status": status}),
    st.sampled_from([None, "staff-2"]).map(lambda assignee: {"assignee": assignee}),
)


@given(times, st.lists(acts, max_size=12))
def test_events_tell_all_but_the_title_and_each_time_that_passed_once(due_at: datetime | None, done: list[Any]) -> None:
    """An hour passes before each act, or nothing but the hour."""
    subtask = Subtask(UUID(int=3), TICKET.id, "Ask", "open", None, due_at, 1, "staff-1")
    told = [announce(subtask, TICKET, T).data]
    overdue: list[datetime | None] = []
    for hour, act in enumerate(done):
        now = T + timedelta(hours=hour)
        after = run_out(subtask, now) if act is None else amend(subtask, act, "staff-9")
        if after is None:
            continue
        if act is None:
            assert after.due_at is not None
            assert (after.status, after.due_at <= now, after.deadline) == ("open", True, None)
            assert not overdue or overdue[-1] is None
            overdue.append(after.due_at)
        elif after.due_at != subtask.due_at:
            overdue.append(None)
        subtask = after
        told.append((announce_overdue if act is None else announce)(subtask, TICKET, now).data)
    known: Subtask | None = None
    for each in told:
        known = fold(known, cast("SubtaskStands", each))
    assert known == replace(subtask, title=None)

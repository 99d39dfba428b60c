"""A subtask: something that has to be done for a ticket, by somebody, until a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.support.tickets.domain.ticket import Ticket, common
from shared.engine.event import Emission
from shared.events.subtasks import (
    SubtaskStands,
    SubtaskStatus,
    TicketSubtaskAdded,
    TicketSubtaskChanged,
    TicketSubtaskOverdue,
)


@dataclass(frozen=True, slots=True)
class Subtask:
    """`title` is None once the customer was erased. `changed_by` is the staff id of who did the last thing to it,
    `overdue_at` when it was told that `due_at` had passed.
    """

    id: UUID
    ticket_id: UUID
    title: str | None
    status: SubtaskStatus
    assignee: str | None
    due_at: datetime | None
    version: int
    changed_by: str
    overdue_at: datetime | None = None

    @property
    def deadline(self) -> datetime | None:
        """When it is to be told that it is overdue; None where nothing is to be told of it."""
        return self.due_at if self.status == "open" and self.overdue_at is None else None


def amend(subtask: Subtask, values: Mapping[str, Any], agent: str) -> Subtask | None:
    """With other values, under the next version; None where all of them are what they were."""
    after = replace(subtask, **values)
    if after == subtask:
        return None
    overdue_at = subtask.overdue_at if after.due_at == subtask.due_at else None
    return replace(after, version=subtask.version + 1, changed_by=agent, overdue_at=overdue_at)


def run_out(subtask: Subtask, now: datetime) -> Subtask | None:
    """The subtask once its time has passed; None where it has not, was told, or does not count any more."""
    if subtask.deadline is None or subtask.deadline > now:
        return None
    return replace(subtask, version=subtask.version + 1, overdue_at=now)


def announce(subtask: Subtask, ticket: Ticket, now: datetime) -> Emission:
    """What is told of a subtask that was added or changed: all but its title."""
    return _tell(TicketSubtaskAdded if subtask.version == 1 else TicketSubtaskChanged, subtask, ticket, now)


def announce_overdue(subtask: Subtask, ticket: Ticket, now: datetime) -> Emission:
    return _tell(TicketSubtaskOverdue, subtask, ticket, now)


def _tell(form: type[SubtaskStands], subtask: Subtask, ticket: Ticket, now: datetime) -> Emission:
    told = form(
        **common(ticket, now),
        subtask_id=subtask.id,
        version=subtask.version,
        subtask_status=subtask.status,
        assignee=subtask.assignee,
        due_at=subtask.due_at,
        agent=subtask.changed_by,
    )
    return Emission(data=told, time=now)


def fold(known: Subtask | None, told: SubtaskStands) -> Subtask | None:
    """The subtask after an event of ours, which comes after what is known; None where it has a status of a later
    version of this service.
    """
    status = next((each for each in get_args(SubtaskStatus) if each == told.subtask_status), None)
    if status is None:
        return None
    subtask = Subtask(
        told.subtask_id, told.ticket_id, None, status, told.assignee, told.due_at, told.version, told.agent
    )
    if isinstance(told, TicketSubtaskOverdue):
        return replace(subtask, overdue_at=told.recorded_at)
    return replace(subtask, overdue_at=known.overdue_at if known and known.due_at == told.due_at else None)

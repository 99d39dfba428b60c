"""A subtask: something that has to be done for a ticket, by somebody, until a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.support.tickets.domain.ticket import Ticket, common
from shared.engine.event import Emission
from shared.events.subtasks import SubtaskStands, SubtaskStatus, TicketSubtaskAdded, TicketSubtaskChanged


@dataclass(frozen=True, slots=True)
class Subtask:
    """`title` is None once the customer was erased. `changed_by` is the staff id of who did the last thing to it."""

    id: UUID
    ticket_id: UUID
    title: str | None
    status: SubtaskStatus
    assignee: str | None
    due_at: datetime | None
    version: int
    changed_by: str


def amend(subtask: Subtask, values: Mapping[str, Any], agent: str) -> Subtask | None:
    """With other values, under the next version; None where all of them are what they were."""
    after = replace(subtask, **values)
    return None if after == subtask else replace(after, version=subtask.version + 1, changed_by=agent)


def announce(subtask: Subtask, ticket: Ticket, now: datetime) -> Emission:
    """What is told of a subtask that was added or changed: all but its title."""
    form = TicketSubtaskAdded if subtask.version == 1 else TicketSubtaskChanged
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


def as_told(told: SubtaskStands) -> Subtask | None:
    """The subtask that an event of ours tells of; None where it has a status of a later version of this service."""
    status = next((each for each in get_args(SubtaskStatus) if each == told.subtask_status), None)
    if status is None:
        return None
    return Subtask(told.subtask_id, told.ticket_id, None, status, told.assignee, told.due_at, told.version, told.agent)

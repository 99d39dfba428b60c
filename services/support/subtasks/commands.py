"""What is done to subtasks. Each command locks the ticket's party first, so that events leave in the order of acts."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.support.copies import commands as copies
from services.support.subtasks import store
from services.support.subtasks.domain import Subtask, amend, announce, announce_overdue, fold, run_out
from services.support.subtasks.schemas import AgentSubtask, NewSubtask, SubtaskPatch, SubtaskView, TicketSubtasks
from services.support.tickets import commands as tickets
from shared.engine.partitions import partition_of
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused, Stale
from shared.events.subtasks import TicketSubtaskAdded, TicketSubtaskChanged, TicketSubtaskOverdue
from shared.http.versions import Versions
from shared.ids import new_id

TIMER = "subtasks"
"""The timer of the times until which they are to be done."""
OwnEvent = TicketSubtaskAdded | TicketSubtaskChanged | TicketSubtaskOverdue
_MOST = 100
"""Of one ticket: more than anybody can look through is a project."""
_FIELDS = ("title", "status", "assignee", "due_at")


class TooManySubtasksError(Refused):
    status = 409
    reason = "too_many_subtasks"


async def add_subtask(tx: Transaction, ticket_id: UUID, new: NewSubtask, agent: str) -> SubtaskView:
    """Where the customer was erased, nothing is kept of the title. Raises NotFound and TooManySubtasksError."""
    ticket = await tickets.lock_ticket(tx, ticket_id)
    if await store.count_subtasks(tx, ticket_id) >= _MOST:
        raise TooManySubtasksError(f"the ticket has {_MOST} subtasks already")
    title = None if await copies.lock_party(tx, ticket.party_id) else new.title
    subtask = Subtask(new_id(), ticket_id, title, "open", new.assignee, new.due_at, 1, agent)
    await store.save_subtask(tx, subtask, tx.now)
    await _keep_deadline(tx, subtask, ticket.party_id)
    tx.emit([announce(subtask, ticket, tx.now)])
    return await store.read_subtask(tx, subtask.id)


async def change_subtask(
    tx: Transaction, ticket_id: UUID, subtask_id: UUID, patch: SubtaskPatch, agent: str, versions: Versions
) -> SubtaskView:
    """Told where something changed. A subtask of a ticket that was merged into this one is changed as its own. Raises
    NotFound and Stale.
    """
    own = next((each.ticket_id for each in await store.find_subtasks(tx, ticket_id) if each.id == subtask_id), None)
    if own is None:
        raise NotFound("the ticket has no subtask with this id")
    ticket = await tickets.lock_ticket(tx, own)
    subtask = (await store.load_subtasks(tx, [subtask_id]))[subtask_id]
    if versions is not None and subtask.version not in versions:
        state = (await store.read_subtask(tx, subtask_id)).model_dump(mode="json")
        raise Stale("the subtask has changed; read it again", field="If-Match", state=state)
    values = {name: getattr(patch, name) for name in _FIELDS if name in patch.model_fields_set}
    if "title" in values and await copies.lock_party(tx, ticket.party_id):
        del values["title"]
    if (after := amend(subtask, values, agent)) is not None:
        await store.save_subtask(tx, after, tx.now)
        await _keep_deadline(tx, after, ticket.party_id)
        tx.emit([announce(after, ticket, tx.now)])
    return await store.read_subtask(tx, subtask_id)


async def lock_parties_of(tx: Transaction, subtasks: Collection[UUID]) -> None:
    """Lock the parties of the tickets of those of these subtasks that are known."""
    await copies.lock_parties(tx, await store.find_parties(tx, subtasks))


async def tell_overdue(tx: Transaction, due: Sequence[Due]) -> int:
    """Tell of the subtasks whose time has passed while they are open; how many. Their parties are locked."""
    known, told = await store.load_subtasks(tx, [timer.id for timer in due]), 0
    for timer in due:
        after = run_out(known[timer.id], timer.now) if timer.id in known else None
        if after is not None:
            ticket = await tickets.lock_ticket(tx, after.ticket_id)
            await store.save_subtask(tx, after, timer.now)
            tx.emit([announce_overdue(after, ticket, timer.now)])
            told += 1
    return told


async def find_subtasks(tx: Transaction, ticket_id: UUID) -> TicketSubtasks:
    """Raises NotFound."""
    if await tickets.find_party_of_ticket(tx, ticket_id) is None:
        raise NotFound("no ticket has this id")
    return TicketSubtasks(items=await list_subtasks(tx, ticket_id))


async def list_subtasks(tx: Transaction, ticket_id: UUID) -> list[SubtaskView]:
    """Of a ticket that is known, and of those that were merged into it."""
    return await store.find_subtasks(tx, ticket_id)


async def list_open(
    tx: Transaction, agent: str, before: UUID | None, limit: int, *, overdue: bool | None
) -> list[AgentSubtask]:
    """All that an agent has to do, or what is overdue or is not."""
    return await store.list_open(tx, agent, before, limit, overdue=overdue)


async def watch(tx: Transaction, after: UUID, limit: int) -> UUID | None:
    """Have the times of so many open subtasks above an id watched that nobody watches, as a version did not that was
    before them; the last of them, None where there are no more.
    """
    found = await store.find_unwatched(tx, after, TIMER, limit)
    await copies.lock_parties(tx, sorted({party_id for _, party_id in found}))
    known = await store.load_subtasks(tx, [subtask_id for subtask_id, _ in found])
    for subtask_id, party_id in found:
        await _keep_deadline(tx, known[subtask_id], party_id)
    return found[-1][0] if len(found) == limit else None


async def take_back(tx: Transaction, told: OwnEvent) -> None:
    """After a restore: how a subtask stands, if its ticket is known; its title is lost."""
    known = (await store.load_subtasks(tx, [told.subtask_id])).get(told.subtask_id)
    if known is not None and known.version >= told.version:
        return
    if (subtask := fold(known, told)) is not None and await store.save_subtask(tx, subtask, told.recorded_at):
        await _keep_deadline(tx, subtask, told.party_id)


async def forget(tx: Transaction, parties: Sequence[UUID]) -> dict[UUID, int]:
    """Drop the titles of subtasks of these parties; how many there were of each."""
    return {party: await store.forget_titles(tx, party) for party in parties}


async def _keep_deadline(tx: Transaction, subtask: Subtask, party_id: UUID) -> None:
    """The timer of a subtask as it stands."""
    if subtask.deadline is None:
        await tx.clear_timers(TIMER, [subtask.id])
    else:
        await tx.set_timers(TIMER, [(subtask.id, partition_of(str(party_id)), subtask.deadline)])

"""One act on many tickets: each in a transaction of its own, with its own event and its own refusal."""

from uuid import UUID

from services.support.attention import commands as attention
from services.support.bulk import store
from services.support.bulk.schemas import (
    BulkAssign,
    BulkFollow,
    BulkItem,
    BulkMove,
    BulkReply,
    BulkState,
    BulkTicket,
    BulkTriage,
    BulkView,
    ItemOutcome,
    NewBulkAction,
)
from services.support.bulk.store import Taken
from services.support.canned import commands as canned
from services.support.routing.commands import assignments as routing
from services.support.tickets import commands as tickets
from services.support.tickets.domain.ticket import Pending
from services.support.triage import commands as triage
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused, Stale
from shared.ids import new_id

MOST_TRIES = 5
"""A fault that stays is met so often, within some one and a half minutes; one that passes is over by then."""
_FIRST_WAIT_S = 1.0
_WAIT_GROWS = 4


class MissingValueError(Refused):
    """A placeholder would stand for nothing; what is sent to many is read by nobody first."""

    status = 409
    reason = "missing_value"


async def begin(tx: Transaction, new: NewBulkAction, agent: str) -> BulkState:
    """Take an action in, which is worked off from the commit on."""
    bulk_id = new_id()
    asked: dict[UUID, BulkTicket] = {}
    for each in new.tickets:
        asked.setdefault(each.id, each)
    await store.add_action(tx, bulk_id, new.act, agent, list(asked.values()), tx.now)
    return BulkState(id=bulk_id, waiting=len(asked), done=0, refused=0, failed=0, stopped=0)


async def take(tx: Transaction) -> Taken | None:
    """The next ticket that is due, locked until the commit; None where none is."""
    return await store.take_item(tx)


async def carry_out(tx: Transaction, item: Taken) -> None:
    """Act on the ticket and write down how it went, both or neither."""
    try:
        async with tx.savepoint():
            await _require_version(tx, item)
            await _act(tx, item)
    except Refused as refused:
        await store.settle_item(tx, item, "refused", refused.reason, str(refused)[:500], None)
    else:
        ticket = await tickets.lock_ticket(tx, item.ticket_id)
        await store.settle_item(tx, item, "done", None, None, ticket.version)


async def note_failure(tx: Transaction, item: Taken, fault: str) -> bool:
    """The act met a fault and nothing of it was done: it is tried again later; True where it has failed for good."""
    if item.tries + 1 < MOST_TRIES:
        await store.put_off_item(tx, item, _FIRST_WAIT_S * _WAIT_GROWS**item.tries)
        return False
    await store.fail_item(tx, item, fault)
    return True


async def stop(tx: Transaction, bulk_id: UUID) -> BulkState:
    """Leave undone what is waiting. Raises NotFound."""
    await store.stop_items(tx, bulk_id, "asked")
    view = await read_action(tx, bulk_id)
    return BulkState.model_validate(view.model_dump(include=set(BulkState.model_fields)))


async def stop_all(tx: Transaction) -> None:
    """After a restore: what is waiting may have been done, and a reply that was sent is not sent again."""
    await store.stop_items(tx, None, "restored")


async def read_action(tx: Transaction, bulk_id: UUID) -> BulkView:
    """Raises NotFound."""
    found = await store.find_action(tx, bulk_id)
    if found is None:
        raise NotFound("no action has this id")
    return found


async def list_items(
    tx: Transaction, bulk_id: UUID, after: int, outcome: ItemOutcome | None, limit: int
) -> list[BulkItem]:
    """Raises NotFound."""
    await read_action(tx, bulk_id)
    return await store.list_items(tx, bulk_id, after, outcome, limit)


async def _require_version(tx: Transaction, item: Taken) -> None:
    ticket = await tickets.lock_ticket(tx, item.ticket_id)
    if item.expected_version is not None and ticket.version != item.expected_version:
        raise Stale(f"the ticket has changed; its version is {ticket.version}")


async def _act(tx: Transaction, item: Taken) -> None:
    match item.act:
        case BulkMove(status=status, waits_for=waits_for, until=until):
            pending = Pending(waits_for, until) if waits_for is not None else None
            await tickets.move_ticket(tx, item.ticket_id, status, item.agent, None, pending)
        case BulkAssign() as assigning:
            await routing.assign(tx, item.ticket_id, assigning, item.agent)
        case BulkTriage(category=category, urgency=urgency):
            await triage.correct(tx, item.ticket_id, category, urgency, item.agent)
        case BulkReply() as reply:
            filled = await canned.fill_in(tx, reply.canned, item.ticket_id, reply.language)
            if filled.missing:
                raise MissingValueError(f"nothing stands for {', '.join(filled.missing)}")
            await tickets.write_reply(tx, item.ticket_id, reply.kind, item.agent, filled.text)
        case BulkFollow(do="follow", follower=follower):
            await attention.follow(tx, item.ticket_id, follower)
        case BulkFollow(follower=follower):
            await attention.unfollow(tx, item.ticket_id, follower)

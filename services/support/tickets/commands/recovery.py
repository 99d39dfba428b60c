"""After a restore: tickets and what was written into them, as their own topic tells it."""

from services.support.tickets import store
from services.support.tickets.commands import WAKING
from services.support.tickets.store import Written
from shared.engine.event import Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.tickets import (
    TicketMerged,
    TicketNoted,
    TicketOpened,
    TicketReplied,
    TicketSplit,
    TicketStatusChanged,
    TicketUnmerged,
)

OwnEvent = (
    TicketOpened | TicketReplied | TicketNoted | TicketStatusChanged | TicketMerged | TicketUnmerged | TicketSplit
)


async def take_back(tx: Transaction, event: Event[OwnEvent]) -> None:
    """After a restore, of a ticket whose party is locked: what an event of ours tells of it."""
    match event.data:
        case TicketOpened() as opened:
            await store.take_back_ticket(tx, opened, event.time)
        case TicketReplied() as data:
            kept = Written(
                data.reply_id,
                data.ticket_id,
                "reply",
                data.author,
                data.agent,
                None,
                event.time,
                data.recorded_at,
                channel=data.channel,
                message_event_id=data.message_event_id,
            )
            await store.take_back_reply(tx, kept)
        case TicketNoted() as data:
            at = data.recorded_at
            note = Written(data.note_id, data.ticket_id, "note", "agent", data.agent, None, at, at)
            await store.take_back_reply(tx, note)
        case TicketStatusChanged() as changed:
            await store.take_back_status(tx, changed)
            if changed.until is not None:
                await tx.set_timers(WAKING, [(changed.ticket_id, partition_of(str(changed.party_id)), changed.until)])
        case TicketSplit() as split:
            await store.move_replies(tx, split.ticket_id, split.into, split.replies)
        case TicketMerged() | TicketUnmerged() as data:
            await store.take_back_merge(tx, data.ticket_id, data.into if isinstance(data, TicketMerged) else None)

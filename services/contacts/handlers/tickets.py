"""crm.tickets: what parties asked."""

from collections.abc import Sequence

from services.contacts.privacy import commands as privacy
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.disputes import (
    DisputeAcknowledged,
    DisputeAmended,
    DisputeClosed,
    DisputeCountered,
    DisputeCredited,
    DisputeEvidenceAdded,
    DisputeInvestigated,
    DisputeOverdue,
    DisputeProposed,
    DisputeRaised,
    DisputeRejected,
    DisputeSettled,
)
from shared.events.followers import TicketFollowed, TicketUnfollowed
from shared.events.subtasks import TicketSubtaskAdded, TicketSubtaskChanged, TicketSubtaskOverdue
from shared.events.tickets import (
    CsatAsked,
    CsatRecorded,
    ErasureConfirmed,
    RequestDeflected,
    SlaApplied,
    SlaBreached,
    SlaMet,
    SlaWarned,
    TicketAssigned,
    TicketMerged,
    TicketNoted,
    TicketOpened,
    TicketReopened,
    TicketReplied,
    TicketReplySettled,
    TicketResolved,
    TicketSplit,
    TicketStatusChanged,
    TicketTriaged,
    TicketUnmerged,
)

OfTickets = (
    TicketOpened
    | TicketReplied
    | TicketReplySettled
    | TicketNoted
    | TicketStatusChanged
    | TicketResolved
    | TicketReopened
    | TicketMerged
    | TicketUnmerged
    | TicketSplit
    | TicketFollowed
    | TicketUnfollowed
    | TicketSubtaskAdded
    | TicketSubtaskChanged
    | TicketSubtaskOverdue
    | DisputeRaised
    | DisputeClosed
    | DisputeAcknowledged
    | DisputeInvestigated
    | DisputeProposed
    | DisputeCountered
    | DisputeSettled
    | DisputeCredited
    | DisputeRejected
    | DisputeAmended
    | DisputeEvidenceAdded
    | DisputeOverdue
    | CsatAsked
    | CsatRecorded
    | RequestDeflected
    | ErasureConfirmed
    | TicketTriaged
    | TicketAssigned
    | SlaApplied
    | SlaWarned
    | SlaBreached
    | SlaMet
)


@timeline_group.topic("crm.tickets")
async def show_tickets(events: Sequence[Event[OfTickets]], tx: Transaction) -> None:
    """What parties asked, and how it went."""
    await timeline.add_lines(tx, events)
    await timeline.save_tickets(tx, events)
    await privacy.keep_confirmations(tx, events)
